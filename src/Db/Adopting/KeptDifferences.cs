using Data.Migrations.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>What an adopted database has besides ours: recorded when it was adopted, and no difference ever since.</summary>
internal static class KeptDifferences
{
    /// <summary>Marks the database as adopted and records what is kept, in the caller's transaction.</summary>
    public static async Task RecordAsync(
        NpgsqlConnection connection,
        IReadOnlyList<SchemaDifference> kept,
        CancellationToken ct
    )
    {
        await using (
            var create = new NpgsqlCommand(
                $"""
                CREATE TABLE {AdoptedSchema.Marker} (
                    adopted_at timestamptz NOT NULL DEFAULT now(),
                    adopted_by text NOT NULL DEFAULT current_user
                );
                CREATE TABLE {AdoptedSchema.Kept} (
                    object text NOT NULL,
                    property text NOT NULL,
                    found text
                );
                COMMENT ON TABLE {AdoptedSchema.Marker} IS 'This database was made by numbered SQL files and adopted; the migrations bring it to theirs.';
                COMMENT ON TABLE {AdoptedSchema.Kept} IS 'What was there besides when the database was adopted, and stays; db verify does not count it.';
                INSERT INTO {AdoptedSchema.Marker} DEFAULT VALUES;
                """,
                connection
            )
        )
        {
            await create.ExecuteNonQueryAsync(ct);
        }

        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {AdoptedSchema.Kept} (object, property, found) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
            connection
        )
        {
            Parameters =
            {
                new() { Value = kept.Select(d => d.Object).ToArray() },
                new() { Value = kept.Select(d => d.Property ?? "").ToArray() },
                new() { Value = kept.Select(d => d.Found).ToArray() },
            },
        };
        await insert.ExecuteNonQueryAsync(ct);
    }

    /// <summary>When the database was adopted; null where it was not, or this role may not see it.</summary>
    public static async Task<DateTime?> AdoptedAtAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        if (!await IsReadableAsync(connection, AdoptedSchema.Marker, ct))
        {
            return null;
        }

        await using var command = new NpgsqlCommand($"SELECT max(adopted_at) FROM {AdoptedSchema.Marker}", connection);
        return await command.ExecuteScalarAsync(ct) as DateTime?;
    }

    /// <summary>Parts differences into those that count and those that were kept on purpose.</summary>
    public static async Task<(IReadOnlyList<SchemaDifference> Counted, IReadOnlyList<SchemaDifference> Kept)> PartAsync(
        NpgsqlConnection connection,
        IReadOnlyList<SchemaDifference> differences,
        CancellationToken ct
    )
    {
        if (differences.Count == 0 || !await IsReadableAsync(connection, AdoptedSchema.Kept, ct))
        {
            return (differences, []);
        }

        var recorded = new HashSet<(string Object, string Property, string? Found)>();
        await using (
            var command = new NpgsqlCommand($"SELECT object, property, found FROM {AdoptedSchema.Kept}", connection)
        )
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                recorded.Add(
                    (reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2))
                );
            }
        }

        // Recorded without what it says: somebody else's grants show more once PUBLIC no longer holds the same.
        var parts = differences.ToLookup(d =>
            recorded.Contains((d.Object, d.Property ?? "", d.Found))
            || d.Property is not null && recorded.Contains((d.Object, d.Property, null))
        );
        return ([.. parts[false]], [.. parts[true]]);
    }

    private static async Task<bool> IsReadableAsync(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        var (schema, name) = (table.Split('.')[0], table.Split('.')[1]);
        // Asked of the catalogs: to_regclass fails for a role without USAGE on the schema.
        await using var command = new NpgsqlCommand(
            """
            SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = schema },
                new() { Value = name },
            },
        };
        return await command.ExecuteScalarAsync(ct) is true;
    }
}
