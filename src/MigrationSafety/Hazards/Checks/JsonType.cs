using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>json, which has no equality.</summary>
internal sealed class JsonType : ColumnTypeCheck
{
    public override Hazard Hazard { get; } =
        new(
            "json-type",
            HazardGroup.CostsForEver,
            "json instead of jsonb",
            "json keeps the text as it came and parses it again at each use. It cannot be compared: SELECT DISTINCT, UNION and GROUP BY fail with "
                + "\"could not identify an equality operator\", and no index can look into it. jsonb can do all of that. Changing it later writes "
                + "the whole table again.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE TABLE events (id bigint PRIMARY KEY, payload json NOT NULL);",
                    "CREATE TABLE events (id bigint PRIMARY KEY, payload jsonb NOT NULL);",
                    """builder.Property(e => e.Payload).HasColumnType("jsonb");"""
                ),
            ]
        );

    protected override bool IsRegretted(SqlType type) => type.Name == "json";

    protected override string What(string table, string column, SqlType type) =>
        $"{column} of {table} cannot be compared or indexed: SELECT DISTINCT and UNION over it fail, and each use parses the text again.";

    protected override string Instead(string column, SqlType type, bool isMigration) =>
        isMigration ? "builder.Property(…).HasColumnType(\"jsonb\");" : $"{column} jsonb";
}
