namespace MigrationSafety.Statements.Syntax;

/// <summary>The name of an object, as it is in the catalogs.</summary>
/// <param name="Schema">Its schema, or null where none is written.</param>
/// <param name="Name">Its name.</param>
internal sealed record ObjectName(string? Schema, string Name)
{
    /// <summary>The schema, public where none is written.</summary>
    public string SchemaOrPublic => Schema ?? "public";

    /// <summary>As it is written in SQL, quoted where PostgreSQL needs it.</summary>
    public override string ToString() => Schema is null ? Quoted(Name) : $"{Quoted(Schema)}.{Quoted(Name)}";

    /// <summary>A name as it is written in SQL, quoted where PostgreSQL needs it.</summary>
    public static string Quoted(string name) =>
        name.Length > 0
        && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '$')
        && !Reserved.Contains(name)
            ? name
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // PostgreSQL 18's fully reserved words, and those that may not be a column's or a table's name.
    private static readonly HashSet<string> Reserved =
    [
        .. (
            "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column "
            + "concurrently constraint create cross current_catalog current_date current_role current_schema current_time "
            + "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from "
            + "full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime "
            + "localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right "
            + "select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using "
            + "variadic verbose when where window with"
        ).Split(' '),
    ];
}
