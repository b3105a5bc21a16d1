using Data.Access;
using Npgsql;

namespace Db.Policies;

/// <summary>
/// What the cells cannot show: a privilege too much that row-level security still stands in front of, row-level security
/// that is off where nobody has a privilege, and a table that the persona table does not know.
/// </summary>
internal static class PrivilegeCheck
{
    private static readonly (string Role, string Persona)[] _roles =
    [
        (Persona.Anonymous.Role, AccessTable.Anonymous),
        (Persona.User("nobody").Role, AccessTable.Member),
        (Persona.Service.Role, AccessTable.Service),
    ];

    public static async Task<IReadOnlyList<PolicyCell>> FindAsync(
        NpgsqlConnection connection,
        IReadOnlyDictionary<string, ProbedTable> tables,
        CancellationToken ct
    ) =>
        [
            .. tables.Values.Where(t => !t.RowSecurity).Select(RowSecurityOff),
            .. await ColumnsAsync(connection, tables, ct),
            .. await TablesAsync(connection, ct),
        ];

    private static PolicyCell RowSecurityOff(ProbedTable table) =>
        new(
            "everybody",
            table.Name,
            "row level security",
            "enabled",
            "disabled",
            PolicyCellState.Wrong,
            $"No policy of it counts. Turn it on: ALTER TABLE {table.Sql} ENABLE ROW LEVEL SECURITY;"
        );

    private static async Task<List<PolicyCell>> ColumnsAsync(
        NpgsqlConnection connection,
        IReadOnlyDictionary<string, ProbedTable> tables,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT r.rolname::text, c.relname::text, p.privilege,
                array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE has_column_privilege(r.oid, c.oid, a.attnum, p.privilege)),
                array_agg(a.attname::text ORDER BY a.attnum)
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            CROSS JOIN pg_roles r CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) AS p(privilege)
            WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY ($1) AND r.rolname = ANY ($2)
            GROUP BY 1, 2, 3
            UNION ALL
            SELECT r.rolname::text, c.relname::text, p.privilege,
                CASE WHEN has_table_privilege(r.oid, c.oid, p.privilege) THEN ARRAY['*'] END, ARRAY['*']
            FROM pg_class c CROSS JOIN pg_roles r
            CROSS JOIN (VALUES ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) AS p(privilege)
            WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY ($1) AND r.rolname = ANY ($2)
            ORDER BY 2, 1, 3
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = tables.Keys.ToArray() },
                new() { Value = _roles.Select(r => r.Role).ToArray() },
            },
        };
        var wrong = new List<PolicyCell>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (role, table, privilege) = (reader.GetString(0), reader.GetString(1), reader.GetString(2));
            var persona = _roles.First(r => r.Role == role).Persona;
            string[] found = reader.IsDBNull(3) ? [] : reader.GetFieldValue<string[]>(3);
            var expected = Expected(tables[table].Access, persona, privilege, reader.GetFieldValue<string[]>(4));
            var (tooMuch, tooLittle) = (found.Except(expected).ToList(), expected.Except(found).ToList());
            if (tooMuch.Count > 0)
            {
                wrong.Add(
                    new PolicyCell(
                        persona,
                        table,
                        privilege,
                        Granted(expected),
                        Granted(found),
                        PolicyCellState.Wrong,
                        $"Take it back: REVOKE {privilege}{(tooMuch is ["*"] ? "" : $" ({Sql(tooMuch)})")} ON {tables[table].Sql} FROM {role};"
                            + (
                                tooMuch is ["*"]
                                    ? ""
                                    : $" where the whole table was granted: REVOKE {privilege} ON {tables[table].Sql} FROM {role};"
                            )
                    )
                );
            }
            // What a signed-in user may read of a new column is the application's own affair.
            else if (tooLittle.Count > 0 && (privilege != "SELECT" || persona == AccessTable.Service))
            {
                wrong.Add(
                    new PolicyCell(
                        persona,
                        table,
                        privilege,
                        Granted(expected),
                        Granted(found),
                        PolicyCellState.Wrong,
                        $"Give it back: GRANT {privilege}{(tooLittle is ["*"] ? "" : $" ({Sql(tooLittle)})")} ON {tables[table].Sql} TO {role};"
                    )
                );
            }
        }

        return wrong;
    }

    private static List<string> Expected(TableAccess access, string persona, string privilege, string[] columns)
    {
        // A member and a superadmin share a role: what either may do is granted to both, and the policies tell them apart.
        var personas = persona == AccessTable.Member ? [persona, AccessTable.Superadmin] : new[] { persona };
        var command = privilege.ToLowerInvariant();
        if (
            !AccessTable.Commands.Contains(command)
            || personas.All(p => AccessTable.Expected(p, access.Table, command) == RowAccess.Denied)
        )
        {
            return [];
        }

        return (persona, command) switch
        {
            (AccessTable.Member, "select") => [.. columns.Except(access.Hidden)],
            (AccessTable.Member, "insert") => [.. access.Insertable],
            (AccessTable.Member, "update") => [.. access.Updatable],
            _ => [.. columns],
        };
    }

    private static async Task<List<PolicyCell>> TablesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT r.rolname::text, c.relname::text, c.relkind IN ('v', 'm')
            FROM pg_class c CROSS JOIN pg_roles r
            WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                AND c.relname <> ALL ($1) AND r.rolname = ANY ($2)
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                    OR has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER'))
            ORDER BY 2, 1
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = AccessTable.Tables.Select(t => t.Table).ToArray() },
                // What the service may do is its own affair; what users may do to a new table must have been decided.
                new() { Value = _roles.Where(r => r.Persona != AccessTable.Service).Select(r => r.Role).ToArray() },
            },
        };
        var wrong = new List<PolicyCell>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (role, table, isView) = (reader.GetString(0), reader.GetString(1), reader.GetBoolean(2));
            wrong.Add(
                new PolicyCell(
                    _roles.First(r => r.Role == role).Persona,
                    table,
                    "any",
                    "not in the persona table",
                    "granted",
                    PolicyCellState.Wrong,
                    $"{(isView ? "A view shows its owner's rows, past every policy. " : "")}Write down who may do what in "
                        + $"src/Data/Access/AccessTable.cs, or take it back: REVOKE ALL ON public.{ProbedTable.Quoted(table)} FROM {role};"
                )
            );
        }

        return wrong;
    }

    private static string Granted(IReadOnlyList<string> columns) =>
        columns switch
        {
            [] => "not granted",
            ["*"] => "granted",
            { Count: > 8 } => $"granted: {columns.Count} columns",
            _ => $"granted: {string.Join(", ", columns)}",
        };

    private static string Sql(IEnumerable<string> columns) => string.Join(", ", columns.Select(ProbedTable.Quoted));
}
