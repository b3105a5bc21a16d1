using Data.Migrations;
using Data.Migrations.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>What the catalogs of a database that is to be adopted say.</summary>
/// <param name="Schema">All that the expected schema's scope covers.</param>
/// <param name="Replaced">What the numbered files made and our migrations make otherwise.</param>
/// <param name="OthersGrants">Grants on ours to roles that are not ours, also those that a grant to PUBLIC hides.</param>
/// <param name="Tables">Those of our tables that are there.</param>
/// <param name="HasFunctions">Whether the functions of the first file are there.</param>
/// <param name="OldRunner">The files that the old runner recorded; null where it left no table.</param>
internal sealed record OldDatabase(
    SchemaSnapshot Schema,
    IReadOnlyList<Replacement> Replaced,
    IReadOnlyList<(string Object, string Property)> OthersGrants,
    IReadOnlySet<string> Tables,
    bool HasFunctions,
    IReadOnlyList<string>? OldRunner
)
{
    public static async Task<OldDatabase> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var schema = await SchemaSnapshot.ReadAsync(connection, ExpectedSchema.Scope, ct);
        var tables = schema.Objects.Where(o => o.Kind == "table").Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        return new OldDatabase(
            schema,
            await ReplacementsAsync(connection, ct),
            await OthersGrantsAsync(connection, ct),
            AdoptedSchema
                .Tables.Select(t => t.Table)
                .Where(name => tables.Contains($"public.{name}"))
                .ToHashSet(StringComparer.Ordinal),
            schema.Objects.Any(o => o.Key == "function public.get_auth_user_id()"),
            tables.Contains("public._migrations") ? await OldRunnerAsync(connection, ct) : null
        );
    }

    private static async Task<List<Replacement>> ReplacementsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL search_path = pg_catalog"),
                new NpgsqlBatchCommand("SET LOCAL quote_all_identifiers = off"),
                new NpgsqlBatchCommand(
                    $"""
                    SELECT relation, kind, name, becomes, quote_ident(name), quote_ident(becomes)
                    FROM ({AdoptedSchema.ReplacedSql}) AS replaced ORDER BY relation, position, name
                    """
                ),
            },
        };
        var rows = new List<Replacement>();
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                rows.Add(
                    new Replacement(
                        $"table public.{reader.GetString(0)}",
                        $"{reader.GetString(1)} {reader.GetString(4)}",
                        reader.IsDBNull(3) ? null : $"{reader.GetString(1)} {reader.GetString(5)}",
                        !reader.IsDBNull(3) && reader.GetString(3).StartsWith("replaced_", StringComparison.Ordinal)
                    )
                );
            }
        }

        await transaction.RollbackAsync(ct);
        return rows;
    }

    private static async Task<List<(string Object, string Property)>> OthersGrantsAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            """
            WITH ours AS (
              SELECT format('table public.%I', relname) AS object, relowner AS owner, relacl AS acl
              FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relname = ANY ($1)
              UNION ALL
              SELECT format('table public.%I', c.relname), c.relowner, a.attacl
              FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
              WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY ($1)
              UNION ALL
              SELECT format('function public.%I()', proname), proowner, proacl
              FROM pg_proc
              WHERE oid IN (to_regprocedure('public.get_auth_user_id()'), to_regprocedure('public.set_updated_at()'),
                to_regprocedure('public.sync_user_name()'))
            )
            SELECT DISTINCT object, 'grant to ' || quote_ident(r.rolname)
            FROM ours CROSS JOIN LATERAL aclexplode(acl) AS item JOIN pg_roles AS r ON r.oid = item.grantee
            WHERE r.oid <> owner AND r.rolname NOT IN ('anon', 'authenticated', 'service_role')
            UNION
            -- What default privileges give on the tables that the migrations have yet to make.
            SELECT format('table public.%I', missing), 'grant to ' || quote_ident(r.rolname)
            FROM unnest($1) AS missing
              CROSS JOIN pg_default_acl AS d
              CROSS JOIN LATERAL aclexplode(d.defaclacl) AS item
              JOIN pg_roles AS r ON r.oid = item.grantee
            WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, to_regnamespace('public'))
              AND d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = CURRENT_USER)
              AND to_regclass(format('public.%I', missing)) IS NULL
              AND r.oid <> d.defaclrole AND r.rolname NOT IN ('anon', 'authenticated', 'service_role')
            """,
            connection
        )
        {
            Parameters = { new() { Value = AdoptedSchema.Tables.Select(t => t.Table).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var grants = new List<(string, string)>();
        while (await reader.ReadAsync(ct))
        {
            grants.Add((reader.GetString(0), reader.GetString(1)));
        }

        return grants;
    }

    private static async Task<List<string>?> OldRunnerAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                "SELECT filename FROM public._migrations WHERE filename IS NOT NULL ORDER BY filename",
                connection
            );
            await using var reader = await command.ExecuteReaderAsync(ct);
            var files = new List<string>();
            while (await reader.ReadAsync(ct))
            {
                files.Add(reader.GetString(0));
            }

            return files;
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.UndefinedColumn
                        or PostgresErrorCodes.InsufficientPrivilege
                        or PostgresErrorCodes.DatatypeMismatch
            )
        {
            // Another tool's table of that name, or one that we may not read: what it says decides nothing.
            return null;
        }
    }
}

/// <summary>Something around a table that our migrations make otherwise.</summary>
/// <param name="Object">The table, as a schema difference names it.</param>
/// <param name="Property">What it is, as a schema difference names it.</param>
/// <param name="Becomes">The same under the name that it gets; null where it goes away at once.</param>
/// <param name="IsDroppedLater">Whether it is an index, dropped concurrently afterwards.</param>
internal sealed record Replacement(string Object, string Property, string? Becomes, bool IsDroppedLater);
