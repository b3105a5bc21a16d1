using MigrationSafety.Execution;
using MigrationSafety.Plan;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>Lists every privilege that the planned statements need and our role lacks, at once and before the first of them fails.</summary>
/// <remarks>What a DO block or a function does cannot be seen here; there PostgreSQL's own error names the privilege.</remarks>
internal sealed class PrivilegesGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        if (context.Plan.Steps.Count == 0)
        {
            return null;
        }

        var rights = (
            await context
                .Session.QueryAsync(
                    """
                    SELECT r.rolsuper, r.rolcreaterole, has_database_privilege(current_database(), 'CREATE'), to_regnamespace($1) IS NULL
                    FROM pg_roles r WHERE r.rolname = current_user
                    """,
                    r => new
                    {
                        IsSuper = r.GetBoolean(0),
                        MayCreateRole = r.GetBoolean(1),
                        MayCreate = r.GetBoolean(2),
                        NoJournal = r.GetBoolean(3),
                    },
                    context.Sql.DelimitIdentifier(context.Options.JournalSchema)
                )
                .ConfigureAwait(false)
        )[0];
        if (rights.IsSuper)
        {
            return null;
        }

        var role = context.Sql.DelimitIdentifier(context.Server.User);
        var missing = new List<string>();
        missing.AddRange(await RecordsAsync(context, role).ConfigureAwait(false));
        var statements = PlannedStatements.Of(context).Select(planned => planned.Statement).ToList();
        // A migration that changes its role decides by itself who it is; what is written down is written down as ours.
        if (statements.Any(s => s.Tokens is ["SET" or "RESET", "ROLE" or "SESSION" or "LOCAL", ..]))
        {
            statements = [];
        }

        if (!rights.MayCreate && (rights.NoJournal || statements.Any(s => s.Tokens is ["CREATE", "SCHEMA", ..])))
        {
            missing.Add(CreateOnDatabase(context, role));
        }

        if (
            !rights.MayCreateRole
            && statements.Any(s =>
                s.Tokens is ["CREATE", "ROLE" or "USER", ..] and not ["CREATE", "USER", "MAPPING", ..]
            )
        )
        {
            missing.Add($"creating roles: ALTER ROLE {role} CREATEROLE;");
        }

        missing.AddRange(await SchemasAsync(context, statements, role).ConfigureAwait(false));
        missing.AddRange(await OwnersAsync(context, statements, role).ConfigureAwait(false));
        missing.AddRange(await ReservedStatements.MissingAsync(context, statements, role).ConfigureAwait(false));
        return missing.Count == 0
            ? null
            : new Failure(
                "PrivilegesMissing",
                $"{context.Server.User} may not do all that these migrations need. Missing:\n  "
                    + string.Join("\n  ", missing.Distinct(StringComparer.Ordinal)),
                null,
                "as a superuser or the owner, run the statements above, then run again; or run as the role that owns the schema."
            );
    }

    public static string CreateOnDatabase(MigrationGuardContext context, string role) =>
        $"CREATE on the database: GRANT CREATE ON DATABASE {context.Sql.DelimitIdentifier(context.Server.Database)} TO {role};";

    // EF Core's history and the journal: they are written to last, when the migration's own statements have run for an hour.
    private static async ValueTask<IEnumerable<string>> RecordsAsync(MigrationGuardContext context, string role)
    {
        var (records, sql) = (context.Records, context.Sql);
        var up = context.Plan.Steps.Any(step => step.Direction == MigrationDirection.Up);
        var down = context.Plan.Steps.Any(step => step.Direction == MigrationDirection.Down);
        var history = (
            Table: records.Table.Delimited(sql),
            Schema: (records.Table.Schema ?? context.Server.CurrentSchema) is { } schema
                ? sql.DelimitIdentifier(schema)
                : null
        );
        var journal = sql.DelimitIdentifier(records.Journal.Schema);
        var needed = new List<(string Table, string? Schema, string Privilege)>();
        Needs(history, up ? "INSERT" : null, down ? "DELETE" : null);
        Needs((records.Journal.Applied, journal), up ? "INSERT" : null, up ? "UPDATE" : null, down ? "DELETE" : null);
        Needs((records.Journal.Unfinished, journal), "INSERT", "UPDATE", "DELETE");
        return await context
            .Session.QueryAsync(
                $"""
                WITH needed AS (
                    SELECT * FROM unnest({TextArray.Of(needed.Count, first: 2)}, {TextArray.Of(
                    needed.Count,
                    first: 2 + needed.Count
                )},
                        {TextArray.Of(needed.Count, first: 2 + (2 * needed.Count))})
                    WITH ORDINALITY AS n (name, schema, privilege, position))
                SELECT missing FROM (
                    SELECT min(position), format('%1$s on %2$s: GRANT %1$s ON %2$s TO %3$s;',
                        string_agg(privilege, ', ' ORDER BY position), name, $1)
                    FROM needed WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name)::oid, privilege)
                    GROUP BY name
                    UNION ALL
                    SELECT min(position), format('CREATE on schema %1$s: GRANT USAGE, CREATE ON SCHEMA %1$s TO %2$s;', schema, $1)
                    FROM needed WHERE to_regclass(name) IS NULL AND to_regnamespace(schema) IS NOT NULL
                        AND NOT has_schema_privilege(to_regnamespace(schema)::oid, 'CREATE')
                    GROUP BY schema
                ) AS all_missing (position, missing) ORDER BY position
                """,
                r => r.GetString(0),
                [
                    role,
                    .. needed.Select(n => n.Table),
                    .. needed.Select(n => n.Schema),
                    .. needed.Select(n => n.Privilege),
                ]
            )
            .ConfigureAwait(false);

        void Needs((string Table, string? Schema) of, params string?[] privileges) =>
            needed.AddRange(privileges.OfType<string>().Select(privilege => (of.Table, of.Schema, privilege)));
    }

    private static async ValueTask<IEnumerable<string>> SchemasAsync(
        MigrationGuardContext context,
        List<SqlStatement> statements,
        string role
    )
    {
        var needed = statements
            .SelectMany(Relations)
            .Select(relation =>
                (
                    Schema: relation.Name.LastIndexOf('.') is > 0 and var dot ? relation.Name[..dot]
                    : relation.IsNew && context.Server.CurrentSchema is { } current
                        ? context.Sql.DelimitIdentifier(current)
                    : null,
                    relation.MakesSomething
                )
            )
            .Where(relation => relation.Schema is not null)
            .Distinct()
            .ToArray();
        return await context
            .Session.QueryAsync(
                $"""
                SELECT n.oid::regnamespace::text, bool_or(w.privilege = 'CREATE' AND NOT has_schema_privilege(n.oid, 'CREATE'))
                FROM unnest({TextArray.Of(needed.Length)}, {TextArray.Of(needed.Length, first: 1 + needed.Length)})
                    WITH ORDINALITY AS w (name, privilege, position)
                JOIN pg_namespace n ON n.oid = to_regnamespace(w.name)
                WHERE NOT has_schema_privilege(n.oid, w.privilege) OR NOT has_schema_privilege(n.oid, 'USAGE')
                GROUP BY n.oid ORDER BY min(w.position)
                """,
                r =>
                    r.GetBoolean(1)
                        ? $"CREATE on schema {r.GetString(0)}: GRANT USAGE, CREATE ON SCHEMA {r.GetString(0)} TO {role};"
                        : $"USAGE on schema {r.GetString(0)}: GRANT USAGE ON SCHEMA {r.GetString(0)} TO {role};",
                [.. needed.Select(n => n.Schema), .. needed.Select(n => n.MakesSomething ? "CREATE" : "USAGE")]
            )
            .ConfigureAwait(false);

        // An index is made in the schema of its table.
        static IEnumerable<(string Name, bool IsNew, bool MakesSomething)> Relations(SqlStatement statement)
        {
            if (statement.Tokens is ["CREATE", "TABLE", ..] && CreatedTable(statement) is { } table)
            {
                yield return (table, true, true);
            }

            foreach (var taken in StatementLock.AllOf(statement))
            {
                yield return (taken.Relation, false, statement.Tokens is ["CREATE", "INDEX" or "UNIQUE", ..]);
            }
        }
    }

    private static async ValueTask<IEnumerable<string>> OwnersAsync(
        MigrationGuardContext context,
        List<SqlStatement> statements,
        string role
    )
    {
        var tables = statements
            .Where(s =>
                s.Tokens
                    is ["ALTER" or "DROP", "TABLE" or "POLICY" or "TRIGGER", ..]
                        or ["CREATE", "INDEX" or "UNIQUE" or "POLICY", ..]
            )
            .Select(StatementLock.Of)
            .OfType<StatementLock>()
            .Select(taken => taken.Relation)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return await context
            .Session.QueryAsync(
                $"""
                SELECT DISTINCT c.oid::regclass::text, o.rolname::text, o.rolsuper
                FROM unnest({TextArray.Of(tables.Length)}) AS name
                JOIN pg_class c ON c.oid = ({RelationOid.Of("name")}) JOIN pg_roles o ON o.oid = c.relowner
                WHERE NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1
                """,
                // A member of a superuser's role is as good as a superuser.
                r =>
                    r.GetBoolean(2)
                        ? $"ownership of {r.GetString(0)}: ALTER TABLE {r.GetString(0)} OWNER TO {role};"
                        : $"ownership of {r.GetString(0)}: GRANT {context.Sql.DelimitIdentifier(r.GetString(1))} TO {role};",
                tables
            )
            .ConfigureAwait(false);
    }

    private static string? CreatedTable(SqlStatement statement)
    {
        var reader = new TokenReader(statement.Text);
        reader.Take("CREATE");
        reader.Take("TABLE");
        if (reader.Take("IF"))
        {
            reader.Take("NOT");
            reader.Take("EXISTS");
        }

        var name = reader.Next();
        while (reader.Take("."))
        {
            name += "." + reader.Next();
        }

        return name.Length == 0 ? null : name;
    }
}
