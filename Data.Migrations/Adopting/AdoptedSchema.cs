using System.Text.RegularExpressions;
using MigrationSafety.Schema;

namespace Data.Migrations.Adopting;

/// <summary>
/// What a database that the numbered SQL files made has to become: the schema after the migrations that create everything from
/// nothing. It never changes, as they never do; what later migrations add is theirs.
/// </summary>
public static partial class AdoptedSchema
{
    /// <summary>The table that marks a database as adopted, in the schema of the migrations history.</summary>
    public const string Marker = $"{AppDatabaseOptions.HistorySchema}.adoption";

    /// <summary>The table that holds what was there before and is nobody's but the user's own, in the same schema.</summary>
    public const string Kept = $"{AppDatabaseOptions.HistorySchema}.kept_difference";

    /// <summary>The migration that makes the functions everything else calls.</summary>
    public const string Functions = "20261122153824_FunctionsAndRoles";

    /// <summary>The tables, in the order in which they are made, with the migration that makes each.</summary>
    public static IReadOnlyList<(string Table, string Migration)> Tables { get; } =
    [
        ("users", "20261122153835_AuthTables"),
        ("verification", "20261122153835_AuthTables"),
        ("account", "20261122153835_AuthTables"),
        ("session", "20261122153835_AuthTables"),
        ("users_metas", "20261122153847_UserMetas"),
        ("api_key", "20261122153900_ApiKeys"),
        ("api_audit_log", "20261122153913_ApiAuditLog"),
    ];

    /// <summary>Reads the schema.</summary>
    public static SchemaSnapshot Read() => SchemaSnapshot.Parse(EmbeddedText.Read("Adopting/adopted.snapshot"));

    /// <summary>
    /// A query that finds what the numbered files made around the tables and our migrations make otherwise. It returns relation,
    /// kind, name, becomes (null where it goes away), position and statement. It wants <c>search_path = pg_catalog</c>.
    /// </summary>
    public static string ReplacedSql { get; } =
        EmbeddedText
            .Read("Adopting/replaced.sql")
            .Replace("{constraints}", Values("constraint"), StringComparison.Ordinal)
            .Replace("{indexes}", Values("index"), StringComparison.Ordinal);

    /// <summary>One property of each table: its name without what kind it is, and what it says.</summary>
    internal static IEnumerable<(string Table, string Name, string Value)> Properties(string kind) =>
        from table in Read().Objects
        where table.Kind == "table"
        from property in table.Properties
        where property.Name.StartsWith(kind + " ", StringComparison.Ordinal)
        select (table.Name["public.".Length..], property.Name[(kind.Length + 1)..], property.Value);

    /// <summary>A column's type, whether it is required, and its default.</summary>
    public static (string Type, bool IsRequired, string? Default) Column(string value)
    {
        var match = ColumnValue().Match(value);
        return (
            match.Groups["type"].Value,
            match.Groups["required"].Success,
            match.Groups["default"] is { Success: true, Value: var text } ? text : null
        );
    }

    private static string Values(string kind) =>
        string.Join(
            ",\n    ",
            Properties(kind).Select(p => $"({Literal(p.Table)}, {Literal(p.Value)}, {Literal(Unquoted(p.Name))})")
        );

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Unquoted(string identifier) =>
        identifier.StartsWith('"') ? identifier[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : identifier;

    [GeneratedRegex(@"^(?<type>.+?)(?<required> NOT NULL)?( DEFAULT (?<default>.+))?$", RegexOptions.Singleline)]
    private static partial Regex ColumnValue();
}
