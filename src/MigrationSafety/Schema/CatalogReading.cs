using System.Data;
using MigrationSafety.Schema.Catalogs;
using Npgsql;
using NpgsqlTypes;

namespace MigrationSafety.Schema;

/// <summary>
/// Runs the catalog queries in one round trip and one snapshot of the database, and puts their rows together. Each query
/// returns kind, name, rank, position, property and value; a row without a property only says that the object is there.
/// </summary>
internal static class CatalogReading
{
    public static async Task<IEnumerable<SchemaObject>> ReadAsync(
        NpgsqlConnection connection,
        SchemaSnapshotOptions options,
        CancellationToken ct
    )
    {
        // One snapshot for all queries, so that a migration running meanwhile is seen whole or not at all.
        await using var transaction = await connection
            .BeginTransactionAsync(IsolationLevel.RepeatableRead, ct)
            .ConfigureAwait(false);
        var objects = await ReadInTransactionAsync(connection, options, ct).ConfigureAwait(false);
        await transaction.RollbackAsync(ct).ConfigureAwait(false);
        return objects;
    }

    /// <summary>Reads within the connection's open transaction, whose own changes are seen. Its settings are changed.</summary>
    public static async Task<IEnumerable<SchemaObject>> ReadInTransactionAsync(
        NpgsqlConnection connection,
        SchemaSnapshotOptions options,
        CancellationToken ct
    )
    {
        var queries = new List<string>
        {
            Extensions.Sql,
            Schemas.Sql,
            Types.Sql,
            Sequences.Sql,
            Tables.Sql,
            Columns.Sql,
            Constraints.Sql,
            Indexes.Sql,
            Triggers.Sql,
            Policies.Sql,
            Views.Sql,
            Functions.Sql,
            Roles.Sql,
            Owners.Sql,
            Grants.Sql,
            Comments.Sql,
        };
        if (options.DefaultPrivileges)
        {
            queries.Add(DefaultPrivileges.Sql);
        }

        await using var batch = new NpgsqlBatch(connection);
        // pg_get_expr and its siblings leave the schema out where search_path finds the object.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL search_path = pg_catalog"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL quote_all_identifiers = off"));
        // Intervals and dates in defaults and checks are written by these.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL DateStyle = 'ISO, YMD'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL IntervalStyle = 'postgres'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL TimeZone = 'UTC'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL bytea_output = 'hex'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL extra_float_digits = 1"));
        foreach (var sql in queries)
        {
            var command = new NpgsqlBatchCommand(CoveredObjects.Sql + sql);
            command.Parameters.Add(
                new() { Value = options.Schemas.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
            );
            command.Parameters.Add(
                new()
                {
                    Value = (object?)options.Extensions?.ToArray() ?? DBNull.Value,
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                }
            );
            command.Parameters.Add(
                new()
                {
                    Value = options.RolesAbovePolicies.ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                }
            );
            batch.BatchCommands.Add(command);
        }

        var rows = new List<CatalogRow>();
        await using (var reader = await batch.ExecuteReaderAsync(ct).ConfigureAwait(false))
        {
            do
            {
                while (await reader.ReadAsync(ct).ConfigureAwait(false))
                {
                    rows.Add(CatalogRow.From(reader));
                }
            } while (await reader.NextResultAsync(ct).ConfigureAwait(false));
        }

        return rows.GroupBy(row => (row.Kind, row.Name)).Select(Assemble);
    }

    private static SchemaObject Assemble(IGrouping<(string Kind, string Name), CatalogRow> rows) =>
        new(
            rows.Key.Kind,
            rows.Key.Name,
            [
                .. rows.Where(row => row.Property is not null)
                    .OrderBy(row => row.Rank)
                    .ThenBy(row => row.Position)
                    .ThenBy(row => row.Property, StringComparer.Ordinal)
                    .Select(row => new SchemaProperty(row.Property!, Value(row))),
            ]
        );

    private static string Value(CatalogRow row)
    {
        var lines = row.Value.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd());
        var text = string.Join('\n', lines).Trim('\n');
        text = text.Contains('\n') ? text : text.Trim();
        return row.Property switch
        {
            Views.Definition => ViewDefinition.SameOnEveryVersion(text),
            Functions.Body => FunctionBody.WithoutIndent(text),
            _ => text,
        };
    }

    private sealed record CatalogRow(string Kind, string Name, int Rank, int Position, string? Property, string Value)
    {
        public static CatalogRow From(NpgsqlDataReader reader) =>
            new(
                reader.GetString(0),
                reader.GetString(1),
                reader.GetInt32(2),
                reader.GetInt32(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.IsDBNull(5) ? "" : reader.GetString(5)
            );
    }
}
