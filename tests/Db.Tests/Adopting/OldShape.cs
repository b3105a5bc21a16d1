using Data.Migrations;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary>A database as the numbered files left it, in one of the shapes in which they are found.</summary>
/// <param name="Name">What the shape is called.</param>
/// <param name="Files">The files of <c>Adopting/old</c> that make it.</param>
public sealed record OldShape(string Name, params string[] Files)
{
    private static readonly string[] _all =
    [
        "001_functions",
        "002_auth",
        "003_metas",
        "005_api_key",
        "006_api_audit_log",
        "rows",
    ];

    /// <summary>All files ran, and the old runner recorded them.</summary>
    public static OldShape Complete { get; } = new("complete", [.. _all, "runner"]);

    /// <summary>As <see cref="Complete"/>, with a hundred users.</summary>
    public static OldShape Small { get; } = new("small", ["few", .. _all, "runner"]);

    /// <summary>As <see cref="Complete"/>, with ten thousand users and 64,000 rows in all.</summary>
    public static OldShape Large { get; } = new("large", ["many", .. _all, "runner"]);

    /// <summary>Every shape that can be adopted as it is.</summary>
    public static IReadOnlyList<OldShape> Adoptable { get; } =
    [
        Complete,
        new("without the runner's table", _all),
        new("stopped at 001", "001_functions"),
        new("stopped at 002", "001_functions", "002_auth", "rows"),
        new("stopped at 003", "001_functions", "002_auth", "003_metas", "rows"),
        new("stopped at 005", "001_functions", "002_auth", "003_metas", "005_api_key", "rows"),
        new("later versions", [.. _all, "runner", "later"]),
        new("later versions without 005", "001_functions", "002_auth", "003_metas", "rows", "later"),
        new("of the newest version", [.. _all, "runner", "later", "newest"]),
        new("edited in a dashboard", [.. _all, "dashboard"]),
        new("all of it", [.. _all, "runner", "later", "dashboard"]),
    ];

    /// <summary>Makes the database; each test has its own.</summary>
    public Task<TestDatabase> MakeAsync(PostgresServer postgres) =>
        postgres.Server.CreateDatabaseAsync(
            $"old: {Name}",
            async (connectionString, token) =>
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(token);
                foreach (var file in Files)
                {
                    await using var command = new NpgsqlCommand(Read(file), connection);
                    await command.ExecuteNonQueryAsync(token);
                }
            },
            TestContext.Current.CancellationToken
        );

    /// <summary>Runs what is pending, as the bundle does.</summary>
    public static async Task MigrateAsync(string connectionString, params string[] arguments)
    {
        await using var context = DesignTimeFactory.CreateFor(connectionString, arguments);
        await context.Database.MigrateAsync(TestContext.Current.CancellationToken);
    }

    public override string ToString() => Name;

    private static string Read(string file)
    {
        using var stream = typeof(OldShape).Assembly.GetManifestResourceStream($"old/{file}.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
