namespace MigrationSafety.Schema;

/// <summary>The kinds of objects, in the order in which a snapshot lists them: what others build upon comes first.</summary>
internal static class SchemaKinds
{
    public static IReadOnlyList<string> All { get; } =
    [
        "role",
        "extension",
        "schema",
        "enum",
        "domain",
        "composite type",
        "range type",
        "sequence",
        "table",
        "partitioned table",
        "foreign table",
        "view",
        "materialized view",
        "function",
        "procedure",
        "aggregate",
        "default privileges",
    ];

    public static int Rank(string kind)
    {
        var rank = All.ToList().IndexOf(kind);
        return rank < 0 ? All.Count : rank;
    }
}
