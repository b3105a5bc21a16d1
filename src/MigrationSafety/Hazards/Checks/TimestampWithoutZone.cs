using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A point in time that does not say where it was that late.</summary>
internal sealed class TimestampWithoutZone : ColumnTypeCheck
{
    public override Hazard Hazard { get; } =
        new(
            "timestamp-without-zone",
            HazardGroup.CostsForEver,
            "A time without a time zone",
            "timestamp stores what a clock on some wall showed, not when it was. The same moment written by two servers is two values, an hour is "
                + "missing or there twice at each change of daylight saving, and comparing with now() depends on the session's setting. "
                + "timestamptz takes the same eight bytes and is a moment.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE TABLE events (id bigint PRIMARY KEY, happened_at timestamp NOT NULL);",
                    "CREATE TABLE events (id bigint PRIMARY KEY, happened_at timestamptz NOT NULL);",
                    """public DateTime HappenedAt { get; set; }   // DateTimeKind.Utc; Npgsql makes it timestamp with time zone"""
                ),
            ]
        );

    protected override bool IsRegretted(SqlType type) => type.Name == "timestamp without time zone";

    protected override string What(string table, string column, SqlType type) =>
        $"{column} of {table} will hold what a clock showed, and not when it was: values from two servers, or from before and after a change of "
        + "daylight saving, cannot be compared.";

    protected override string Instead(string column, SqlType type, bool isMigration) =>
        isMigration
            ? "builder.Property(…).HasColumnType(\"timestamp with time zone\");   // and DateTimeKind.Utc in the program"
            : $"{column} timestamptz";
}
