using System.Text.Json;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests.Backups;

public sealed class RestoreTests(PostgresServer postgres) : IDisposable
{
    private readonly BackupFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_database_that_does_not_exist_is_made_only_when_asked()
    {
        await using var database = await UsersAsync(25);
        await _folder.TakeAsync(database);
        var name = $"{database.Name}_look";

        var refused = await RestoreAsync(name);
        var made = await RestoreAsync(name, "--create-database");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("add --create-database", refused.StandardError, StringComparison.Ordinal);
        Assert.True(made.ExitCode == 0, made.StandardOutput + made.StandardError);
        Assert.Contains(
            "Every table's rows and the whole schema are as they were backed up.",
            made.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Equal(25L, await ScalarAsync(name, "SELECT count(*) FROM public.users"));
        Assert.DoesNotContain(
            new NpgsqlConnectionStringBuilder(database.ConnectionString).Password!,
            made.StandardOutput + made.StandardError,
            StringComparison.Ordinal
        );
        await DropAsync(name);
    }

    [Fact]
    public async Task An_empty_database_is_filled()
    {
        await using var database = await UsersAsync(5);
        await _folder.TakeAsync(database);
        await using var empty = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

        var result = await RestoreAsync(empty.Name, "--json");

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.True(json.GetProperty("contents").GetProperty("asBackedUp").GetBoolean());
        Assert.Equal(5L, await ScalarAsync(empty.Name, "SELECT count(*) FROM public.users"));
    }

    [Fact]
    public async Task Data_is_replaced_only_when_said_twice_and_then_kept()
    {
        await using var database = await UsersAsync(5);
        await _folder.TakeAsync(database);
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(6, 6));

        var plain = await RestoreAsync(database.Name);
        var once = await RestoreAsync(database.Name, "--over-existing-data");
        var other = await RestoreAsync(database.Name, "--over-existing-data", "--yes-replace", "production");

        Assert.Equal((1, 1, 1), (plain.ExitCode, once.ExitCode, other.ExitCode));
        Assert.Contains("is not empty: ", plain.StandardError, StringComparison.Ordinal);

        // Nothing has analyzed the table yet: its rows are known from the counters, or not at all, but never as none.
        Assert.DoesNotContain("about 0 rows", plain.StandardError, StringComparison.Ordinal);
        Assert.Contains(
            $"--over-existing-data --yes-replace {database.Name}",
            plain.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"--yes-replace names production, and --to leads to {database.Name}",
            other.StandardError,
            StringComparison.Ordinal
        );
        Assert.Equal(6L, await ScalarAsync(database.Name, "SELECT count(*) FROM public.users"));

        // The application is connected all the while.
        await using var application = new NpgsqlConnection(database.ConnectionString);
        await application.OpenAsync(TestContext.Current.CancellationToken);
        var twice = await RestoreAsync(database.Name, "--over-existing-data", "--yes-replace", database.Name, "--json");

        Assert.True(twice.ExitCode == 0, twice.StandardOutput + twice.StandardError);
        var kept = JsonDocument.Parse(twice.StandardOutput).RootElement.GetProperty("keptAs").GetString()!;
        Assert.StartsWith($"{database.Name}_before_", kept, StringComparison.Ordinal);
        Assert.Equal(5L, await ScalarAsync(database.Name, "SELECT count(*) FROM public.users"));
        Assert.Equal(6L, await ScalarAsync(kept, "SELECT count(*) FROM public.users"));
        await DropAsync(kept);
    }

    [Fact]
    public async Task A_restore_that_fails_changes_nothing()
    {
        await using var database = await UsersAsync(5);
        var backup = await _folder.TakeAsync(database);
        var programs = _folder.Programs($"echo 'pg_dump (PostgreSQL) {backup.Manifest.DumpVersion}'");

        var result = await RestoreAsync(
            database.Name,
            "--over-existing-data",
            "--yes-replace",
            database.Name,
            "--pg-bin",
            programs
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            "The backup was not restored: pg_restore failed",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains($"{database.Name} is as it was.", result.StandardError, StringComparison.Ordinal);
        Assert.Equal(5L, await ScalarAsync(database.Name, "SELECT count(*) FROM public.users"));
        Assert.Equal(
            0L,
            await ScalarAsync("postgres", $"SELECT count(*) FROM pg_database WHERE datname LIKE '{database.Name}\\_%'")
        );
    }

    [Fact]
    public async Task Without_a_target_nothing_is_restored_wherever_the_environment_leads()
    {
        await using var database = await UsersAsync(5);
        await _folder.TakeAsync(database);

        var result = await _folder
            .Tool.With("MIGRATE_DATABASE_URL", database.ConnectionUri)
            .RunAsync("restore", "--over-existing-data", "--yes-replace", database.Name);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("a restore goes only where it is sent", result.StandardError, StringComparison.Ordinal);
    }

    private async Task<TestDatabase> UsersAsync(int count)
    {
        var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(1, count));
        return database;
    }

    private Task<CliWrap.Buffered.BufferedCommandResult> RestoreAsync(string name, params string[] arguments) =>
        _folder
            .Tool.With("RESTORE_DATABASE_URL", postgres.Server.ConnectionStringTo(name))
            .RunAsync(["restore", .. arguments]);

    private async Task<object?> ScalarAsync(string database, string sql)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionStringTo(database))
        {
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private Task<object?> DropAsync(string name) => ScalarAsync("postgres", $"DROP DATABASE \"{name}\" WITH (FORCE)");
}
