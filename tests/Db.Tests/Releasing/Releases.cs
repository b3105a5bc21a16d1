using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Data.Migrations;
using Db.Tests.Backups;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>
/// Releases from end to end: <c>db</c> and the bundle as processes, against a real server. What can be told apart stands in classes of
/// its own, which run side by side.
/// </summary>
public abstract class Releases(PostgresServer postgres, BuiltBundle bundle) : IAsyncLifetime
{
    protected const string Before = "20261122153900_ApiKeys";
    protected const string Pending = "20261122153913_ApiAuditLog";
    protected const string Newest = "20261122190500_AdoptIndexes";

    private const int Users = 20;

    protected DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("release-");

    protected TestDatabase Database { get; private set; } = null!;

    internal Tool Tool { get; set; } = null!;

    protected string BundleFile { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        BundleFile = await bundle.PathAsync();
        Database = await postgres.Server.CreateDatabaseAsync(
            "one-pending",
            async (connectionString, token) =>
            {
                await using var context = DesignTimeFactory.CreateFor(connectionString);
                await context.Database.MigrateAsync(Before, token);
            },
            Cancel
        );
        await PostgresServer.ExecuteAsync(Database, BackupTests.Users(1, Users));
        Tool = new Tool { Directory = Folder.FullName }.With("MIGRATE_DATABASE_URL", Database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever a release ran into: nobody's rows are gone.
        Assert.Equal(Users, await ScalarAsync<long>("SELECT count(*) FROM users WHERE email LIKE '%@example.com'"));
        await Database.DisposeAsync();
        Folder.Delete(recursive: true);
    }

    protected Task<BufferedCommandResult> ReleaseAsync(params string[] arguments) =>
        Tool.RunAsync(["release", "--bundle", BundleFile, .. Hurried(arguments)]);

    // Somebody copies the command out of the message, into the shell where the release was started.
    protected async Task PasteAsync(string said, string label, string? after = null)
    {
        var line = said.Split('\n').Single(text => text.TrimStart().StartsWith(label, StringComparison.Ordinal));
        after ??= label;
        var result = await RunAsync("sh", "-c", line[(line.IndexOf(after, StringComparison.Ordinal) + after.Length)..]);
        Assert.True(result.ExitCode == 0, $"{line}\n{Said(result)}");
    }

    protected Task<BufferedCommandResult> RunAsync(string program, params string[] arguments) =>
        Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(Folder.FullName)
            .WithEnvironmentVariables(Tool.Environment)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(Cancel);

    // The watch and what belongs to a production release are other tests' matter.
    protected static string[] Hurried(string[] arguments) => [.. ReleaseArguments.Alone, .. arguments];

    protected async Task<string?> NewestAsync() =>
        await ScalarAsync<string>("""SELECT max("MigrationId") FROM migrations."__EFMigrationsHistory" """);

    protected async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    protected string ReleaseFile(string name) =>
        Path.Combine(Directory.GetDirectories(Path.Combine(Folder.FullName, "artifacts", "releases")).Max()!, name);

    protected JsonDocument Record() => JsonDocument.Parse(File.ReadAllText(ReleaseFile("release.json")));

    protected static JsonElement Step(JsonDocument record, string id) =>
        record
            .RootElement.GetProperty("steps")
            .EnumerateArray()
            .Last(step => step.GetProperty("id").GetString() == id)
            .GetProperty("result");

    protected string Password() =>
        new NpgsqlConnectionStringBuilder(Database.ConnectionString).Password ?? "no password at all";

    protected static string Said(BufferedCommandResult result) => result.StandardOutput + result.StandardError;
}
