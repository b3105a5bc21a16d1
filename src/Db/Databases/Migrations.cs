using Data;
using Data.Migrations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Db.Databases;

/// <summary>Which migrations a database has, held against the ones in this build.</summary>
/// <param name="Applied">Both in the database's history and in this build, in order.</param>
/// <param name="Pending">In this build only.</param>
/// <param name="Unknown">In the database's history only: a newer release was here, or a migration was removed.</param>
internal sealed record Migrations(
    IReadOnlyList<string> Applied,
    IReadOnlyList<string> Pending,
    IReadOnlyList<string> Unknown
)
{
    /// <summary>Reads the history over an open connection.</summary>
    /// <exception cref="CouldNotRunException">The role may not read it.</exception>
    public static async Task<Migrations> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var known = Known();
        var history = await HistoryAsync(connection, ct);
        return new Migrations(
            [.. known.Where(history.Contains)],
            [.. known.Except(history)],
            [.. history.Except(known)]
        );
    }

    private static List<string> Known()
    {
        // Made without a server: only the list of migrations in the assembly is asked for.
        using var context = DesignTimeFactory.CreateFor("Host=localhost");
        return [.. context.GetService<IMigrationsAssembly>().Migrations.Keys];
    }

    private static async Task<HashSet<string>> HistoryAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        const string table = $"""
            "{AppDatabaseOptions.HistorySchema}"."__EFMigrationsHistory"
            """;
        // Asked of the catalogs: to_regclass fails for a role without USAGE on the schema.
        await using var exists = new NpgsqlCommand(
            """
            SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = '__EFMigrationsHistory'
            """,
            connection
        )
        {
            Parameters = { new() { Value = AppDatabaseOptions.HistorySchema } },
        };
        switch (await exists.ExecuteScalarAsync(ct))
        {
            case null:
                return [];
            case false:
                var user = new NpgsqlConnectionStringBuilder(connection.ConnectionString).Username;
                throw new CouldNotRunException(
                    $"{user} may not read the migrations history. Connect as the owner, or let it read, as the owner: "
                        + $"GRANT USAGE ON SCHEMA {AppDatabaseOptions.HistorySchema} TO \"{user}\"; "
                        + $"GRANT SELECT ON {table} TO \"{user}\";"
                );
        }

        await using var read = new NpgsqlCommand($"""SELECT "MigrationId" FROM {table} ORDER BY 1""", connection);
        await using var reader = await read.ExecuteReaderAsync(ct);
        var ids = new HashSet<string>();
        while (await reader.ReadAsync(ct))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }
}
