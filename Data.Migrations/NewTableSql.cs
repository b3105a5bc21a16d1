using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.DesignTime;

namespace Data.Migrations;

/// <summary>
/// A new table begins closed: row-level security on, no policy, nothing granted. Opening it is a decision that somebody writes down in
/// the file.
/// </summary>
internal sealed class NewTableSql : INewTableSql
{
    private const string ApiRoles = "anon, authenticated, service_role";

    /// <inheritdoc />
    public ScaffoldedSql For(string migration, CreateTableOperation table)
    {
        var (schema, name) = (table.Schema ?? "public", table.Name);
        var qualified = $"{Quoted(schema)}.{Quoted(name)}";
        var policy = Quoted($"{name}_select_authenticated");
        var file = $"{migration}/{(schema == "public" ? "" : $"{schema}.")}{name}.row_level_security";
        var up = $"""
            -- Nobody but the owner may read or write this table until it says so here: no policy lets a row through, and no role is granted
            -- anything. Default privileges (Supabase's give everything to every API role) are taken back first. To open it, for example:
            --
            --   GRANT SELECT ON TABLE {qualified} TO authenticated;
            --   CREATE POLICY {policy} ON {qualified}
            --     FOR SELECT TO authenticated
            --     USING ("userId" = (SELECT get_auth_user_id()));
            --
            -- The parentheses with SELECT make PostgreSQL ask who is calling once, instead of once for every row.
            ALTER TABLE {qualified} ENABLE ROW LEVEL SECURITY;
            REVOKE ALL ON TABLE {qualified} FROM PUBLIC, {ApiRoles};

            """;
        var down = $"""
            -- Takes back what the .up.sql gives; the table itself is dropped by the migration.
            REVOKE ALL ON TABLE {qualified} FROM PUBLIC, {ApiRoles};
            ALTER TABLE {qualified} DISABLE ROW LEVEL SECURITY;

            """;
        return new ScaffoldedSql($"SqlFrom(\"{file}\")", File(file, "up", up), File(file, "down", down));
    }

    private static ScaffoldedSqlFile File(string file, string direction, string sql) =>
        new($"Sql/{file}.{direction}.sql", sql.ReplaceLineEndings("\n"));

    // A policy and a table of one name: what needs no quotes gets none, as in the files that are there.
    private static string Quoted(string name) =>
        name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && !char.IsAsciiDigit(name[0])
            ? name
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
