using System.Text;
using System.Text.RegularExpressions;

namespace Data.Migrations.Adopting;

/// <summary>
/// The SQL that brings an adopted database to ours, made of the very files that make the objects from nothing. Each command looks at
/// what is there, does nothing in a database that was not adopted, and gives the same result when it is run again.
/// </summary>
internal static partial class AdoptionSql
{
    /// <summary>The commands before any other migration, each for a transaction of its own: none holds the locks of two tables.</summary>
    internal static IEnumerable<string> Commands()
    {
        yield return Block("", EmbeddedText.Read("Adopting/refuse_unadopted.sql"));
        yield return Shared();
        foreach (var (table, migration) in AdoptedSchema.Tables)
        {
            yield return Table(table, migration[15..]);
        }
    }

    /// <summary>The statements that build our indexes and drop what they replace, each by itself and without blocking anybody.</summary>
    internal static IEnumerable<string> Indexes()
    {
        const string only = $"-- only where: SELECT to_regclass('{AdoptedSchema.Marker}') IS NOT NULL\n";
        foreach (var (table, name, definition) in AdoptedSchema.Properties("index"))
        {
            yield return $"{only}CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON public.{table} USING {definition};\n";
        }

        foreach (var name in ReplacedName().Matches(AdoptedSchema.ReplacedSql).Select(match => match.Groups[1].Value))
        {
            yield return $"{only}DROP INDEX CONCURRENTLY IF EXISTS public.\"{name}\";\n";
        }
    }

    private static string Shared()
    {
        var sql = new StringBuilder();
        Add(sql, "FunctionsAndRoles/roles");
        sql.Append("IF to_regnamespace('app_private') IS NULL THEN\n");
        Add(sql, "FunctionsAndRoles/schema.app_private");
        sql.Append("END IF;\n");
        Add(sql, "FunctionsAndRoles/schema.extensions");
        Add(sql, "FunctionsAndRoles/extension.pgcrypto");
        Add(sql, "FunctionsAndRoles/get_auth_user_id");
        Add(sql, "FunctionsAndRoles/set_updated_at");
        Add(sql, "FunctionsAndRoles/sync_user_name");
        sql.Append("IF to_regclass('public.users') IS NOT NULL THEN\n");
        Add(sql, "AuthTables/caller");
        sql.Append("END IF;\nIF to_regclass('public.api_audit_log') IS NOT NULL THEN\n");
        Add(sql, "ApiAuditLog/refuse_audit_log_change");
        Add(sql, "ApiAuditLog/delete_audit_log_before");
        sql.Append("END IF;\n").Append(EmbeddedText.Read("Adopting/owner.sql"));
        return Block($"to_regclass('{AdoptedSchema.Marker}') IS NULL", sql.ToString());
    }

    private static string Table(string table, string migration)
    {
        var sql = new StringBuilder();
        sql.Append(
            $"""
            -- One wait for everything below, all of which changes the catalogs only.
            LOCK TABLE public.{table} IN ACCESS EXCLUSIVE MODE;
            -- Collected first: nothing is renamed under a query that still looks.
            FOREACH statement IN ARRAY coalesce(
              (
                SELECT array_agg(replaced.statement ORDER BY replaced.position, replaced.name)
                FROM (
            {AdoptedSchema.ReplacedSql}) AS replaced
                WHERE replaced.relation = '{table}'
              ),
              '{"{}"}'
            ) LOOP
              EXECUTE statement;
            END LOOP;

            """
        );
        Columns(sql, table);
        foreach (var file in EmbeddedText.Names($"Sql/{migration}/{table}.").Where(IsUp))
        {
            sql.Append(Repeatable(EmbeddedText.Read(file)));
        }

        sql.Append($"ALTER TABLE public.{table} NO FORCE ROW LEVEL SECURITY;\n");
        return Block(
            $"to_regclass('{AdoptedSchema.Marker}') IS NULL OR to_regclass('public.{table}') IS NULL",
            sql.ToString()
        );
    }

    private static void Columns(StringBuilder sql, string table)
    {
        var changes = new List<string>();
        foreach (var (_, name, value) in AdoptedSchema.Properties("column").Where(p => p.Table == table))
        {
            var (_, isRequired, @default) = AdoptedSchema.Column(value);
            changes.Add($"ALTER COLUMN {name} {(@default is null ? "DROP DEFAULT" : $"SET DEFAULT {@default}")}");
            if (!isRequired)
            {
                changes.Add($"ALTER COLUMN {name} DROP NOT NULL");
            }
        }

        sql.Append($"ALTER TABLE public.{table}\n  {string.Join(",\n  ", changes)};\n");
        var comments = AdoptedSchema.Read().Objects.Single(o => o.Name == $"public.{table}").Properties;
        foreach (var (name, value) in comments.Where(p => p.Name.StartsWith("comment", StringComparison.Ordinal)))
        {
            sql.Append(
                name == "comment"
                    ? $"COMMENT ON TABLE public.{table} IS {value};\n"
                    : $"COMMENT ON COLUMN public.{table}.{name["comment on column ".Length..]} IS {value};\n"
            );
        }
    }

    private static void Add(StringBuilder sql, string file) =>
        sql.Append(Repeatable(EmbeddedText.Read($"Sql/{file}.up.sql")));

    // What makes an object from nothing, as what makes it whether it is there or not.
    private static string Repeatable(string sql)
    {
        sql = CreateFunctionOrView().Replace(sql, "CREATE OR REPLACE $1 ");
        sql = CreatePolicy().Replace(sql, "DROP POLICY IF EXISTS $1 ON $2;\n$0");
        return CreateTrigger().Replace(sql, "DROP TRIGGER IF EXISTS $1 ON $2;\n$0");
    }

    private static string Block(string unless, string sql) =>
        $"""
            DO $adopt$
            DECLARE
              statement text;
              owner_role text;
            BEGIN
            {(unless.Length == 0 ? "" : $"IF {unless} THEN\n  RETURN;\nEND IF;")}
            -- The catalogs write names without their schema where search_path finds them, and in quotes where the database says so.
            PERFORM set_config('search_path', 'pg_catalog', true), set_config('quote_all_identifiers', 'off', true);
            {sql}
            END
            $adopt$;

            """;

    private static bool IsUp(string name) => name.EndsWith(".up.sql", StringComparison.Ordinal);

    [GeneratedRegex(@"^CREATE (FUNCTION|VIEW) ", RegexOptions.Multiline)]
    private static partial Regex CreateFunctionOrView();

    [GeneratedRegex(@"^CREATE POLICY (\S+) ON (\S+)$", RegexOptions.Multiline)]
    private static partial Regex CreatePolicy();

    [GeneratedRegex(@"^CREATE TRIGGER (\S+)\n[^;]*? ON (\S+)\n", RegexOptions.Multiline)]
    private static partial Regex CreateTrigger();

    [GeneratedRegex(@"'(replaced_\w+)'")]
    private static partial Regex ReplacedName();
}
