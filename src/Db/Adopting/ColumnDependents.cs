using Npgsql;

namespace Db.Adopting;

/// <summary>
/// Policies, triggers and views that name a column. PostgreSQL changes the type of none that has such, so they go and come again
/// around the change, in the same transaction.
/// </summary>
internal static class ColumnDependents
{
    /// <summary>A statement between what takes the dependents away and what makes them again; itself where there are none.</summary>
    public static async Task<string> AroundAsync(
        NpgsqlConnection connection,
        string table,
        string column,
        string sql,
        CancellationToken ct
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Names come out with their schemas.
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL search_path = pg_catalog"),
                new NpgsqlBatchCommand("SET LOCAL quote_all_identifiers = off"),
                new NpgsqlBatchCommand(Dependents)
                {
                    Parameters =
                    {
                        new() { Value = table },
                        new() { Value = column },
                    },
                },
            },
        };
        var found = new List<(string Drop, string Create)>();
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                found.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        await transaction.RollbackAsync(ct);
        return found.Count == 0
            ? sql
            : $"""
                -- What names the column goes and comes again in one transaction: nobody sees the table without it.
                BEGIN;
                {string.Join('\n', found.Select(dependent => dependent.Drop))}
                {sql}
                {string.Join('\n', found.AsEnumerable().Reverse().Select(dependent => dependent.Create))}
                COMMIT;
                """;
    }

    private const string Dependents = """
        WITH RECURSIVE changed AS (
          SELECT attrelid, attnum FROM pg_attribute WHERE attrelid = $1::regclass AND quote_ident(attname) = $2
        ),
        view (oid, level) AS (
          SELECT r.ev_class, 1
          FROM changed
            JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) = (attrelid, attnum)
            JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> attrelid
          UNION
          SELECT r.ev_class, v.level + 1
          FROM view AS v
            JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
            JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> v.oid
          WHERE v.level < 20
        ),
        dependent (position, drops, makes) AS (
          SELECT 1000 - max(v.level),
            CASE c.relkind
              WHEN 'v' THEN format('DROP VIEW %I.%I;', n.nspname, c.relname)
              ELSE format('-- The materialized view %I.%I reads it: drop it first, and make it again with its indexes afterwards.', n.nspname, c.relname)
            END,
            CASE c.relkind
              WHEN 'v' THEN format(E'CREATE VIEW %I.%I%s AS\n%s', n.nspname, c.relname,
                  ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
                || CASE WHEN pg_get_userbyid(c.relowner) = CURRENT_USER THEN '' ELSE format(E'\nALTER VIEW %I.%I OWNER TO %I;', n.nspname, c.relname, pg_get_userbyid(c.relowner)) END
                -- What default privileges would give again, and somebody may have taken away.
                || coalesce((
                  SELECT string_agg(DISTINCT format(E'\nREVOKE ALL ON %I.%I FROM %s;', n.nspname, c.relname,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END), '')
                  FROM pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
                  WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, c.relnamespace) AND a.grantee <> c.relowner
                ), '')
                || coalesce((
                  SELECT string_agg(format(E'\nGRANT %s%s ON %I.%I TO %s%s;', a.privilege_type, ' (' || quote_ident(a.attname) || ')', n.nspname, c.relname,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '' ORDER BY a.grantee, a.attname, a.privilege_type)
                  FROM (
                    SELECT NULL::name AS attname, item.* FROM aclexplode(c.relacl) AS item
                    UNION ALL
                    SELECT attname, item.* FROM pg_attribute CROSS JOIN LATERAL aclexplode(attacl) AS item WHERE attrelid = c.oid
                  ) AS a
                  WHERE a.grantee <> c.relowner AND a.privilege_type <> 'MAINTAIN'
                ), '')
                || coalesce((
                  SELECT string_agg(CASE WHEN o.objsubid = 0 THEN format(E'\nCOMMENT ON VIEW %I.%I IS %L;', n.nspname, c.relname, o.description)
                    ELSE format(E'\nCOMMENT ON COLUMN %I.%I.%I IS %L;', n.nspname, c.relname, attname, o.description) END, '' ORDER BY o.objsubid)
                  FROM pg_description AS o LEFT JOIN pg_attribute ON attrelid = o.objoid AND attnum = o.objsubid
                  WHERE o.classoid = 'pg_class'::regclass AND o.objoid = c.oid
                ), '')
                || coalesce((
                  SELECT string_agg(format(E'\n%s;', pg_get_triggerdef(t.oid)), '' ORDER BY t.tgname) FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
                ), '')
                || coalesce((
                  SELECT string_agg(E'\n' || pg_get_ruledef(r.oid), '' ORDER BY r.rulename) FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'
                ), '')
              ELSE ''
            END
          FROM view AS v JOIN pg_class AS c ON c.oid = v.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
          GROUP BY c.oid, n.nspname
          UNION ALL
          SELECT DISTINCT 2000,
            format('DROP POLICY %I ON %I.%I;', p.polname, n.nspname, c.relname),
            format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s;', p.polname, n.nspname, c.relname,
              CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
              CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
              (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ') FROM unnest(p.polroles) AS role),
              ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
              ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
            || coalesce(format(E'\nCOMMENT ON POLICY %I ON %I.%I IS %L;', p.polname, n.nspname, c.relname, obj_description(p.oid, 'pg_policy')), '')
          FROM changed
            JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) = (attrelid, attnum)
            JOIN pg_policy AS p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
            JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
          UNION ALL
          SELECT DISTINCT 3000,
            format('DROP TRIGGER %I ON %I.%I;', t.tgname, n.nspname, c.relname),
            pg_get_triggerdef(t.oid) || ';'
            || CASE t.tgenabled WHEN 'O' THEN '' ELSE format(E'\nALTER TABLE %I.%I %s TRIGGER %I;', n.nspname, c.relname,
              CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) END
          FROM changed
            JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) = (attrelid, attnum)
            JOIN pg_trigger AS t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid AND NOT t.tgisinternal
            JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        )
        SELECT drops, makes FROM dependent ORDER BY position, drops
        """;
}
