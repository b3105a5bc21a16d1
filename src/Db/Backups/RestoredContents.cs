using MigrationSafety.Schema;
using Npgsql;

namespace Db.Backups;

/// <summary>How a restored database differs from what its backup says.</summary>
/// <param name="Rows">Tables with other rows than were counted.</param>
/// <param name="Schema">What of the schema differs.</param>
internal sealed record RestoredContents(IReadOnlyList<RowDifference> Rows, IReadOnlyList<SchemaDifference> Schema)
{
    public bool AsBackedUp => Rows.Count == 0 && Schema.Count == 0;

    /// <summary>Counts every table's rows and reads the schema.</summary>
    public static async Task<RestoredContents> CompareAsync(
        Backup backup,
        string connectionString,
        int jobs,
        CancellationToken ct
    )
    {
        var schema = SchemaSnapshot.ReadAsync(connectionString, backup.Scope, ct);
        var differences = new System.Collections.Concurrent.ConcurrentBag<RowDifference>();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await Parallel.ForEachAsync(
            backup.Manifest.Tables,
            new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = ct },
            async (table, token) =>
            {
                if (await CountAsync(source, table, token) is var found && found != table.Rows)
                {
                    differences.Add(new RowDifference(table.ToString(), table.Rows, found));
                }
            }
        );
        return new RestoredContents(
            [.. differences.OrderBy(d => d.Table, StringComparer.Ordinal)],
            (await backup.SchemaAsync(ct)).Compare(await schema)
        );
    }

    private static async Task<long?> CountAsync(NpgsqlDataSource source, TableRows table, CancellationToken ct)
    {
        // A policy must not hide rows from the count: it is an error instead.
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand(
            $"SET row_security = off; SELECT count(*) FROM ONLY {table.Sql}",
            connection
        )
        {
            CommandTimeout = 0,
        };
        try
        {
            return (long)(await command.ExecuteScalarAsync(ct))!;
        }
        catch (PostgresException e)
            when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }
}

/// <summary>A table whose rows are not those that were backed up.</summary>
/// <param name="Table">Schema and name.</param>
/// <param name="Expected">The rows in the backup.</param>
/// <param name="Found">The rows that were restored; null where the table is missing.</param>
internal sealed record RowDifference(string Table, long Expected, long? Found)
{
    /// <inheritdoc />
    public override string ToString() =>
        Found is { } found
            ? $"{Table}: {Sizes.Count(Expected)} rows were backed up, {Sizes.Count(found)} are there"
            : $"{Table}: {Sizes.Count(Expected)} rows were backed up, the table is missing";
}
