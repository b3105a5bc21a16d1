using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>char(n), which is filled up with blanks.</summary>
internal sealed class CharType : ColumnTypeCheck
{
    public override Hazard Hazard { get; } =
        new(
            "char-type",
            HazardGroup.CostsForEver,
            "A text that is filled up with blanks",
            "char(n) stores every value with blanks up to n characters, gives them back to the program, and leaves them out when it compares: "
                + "two values that look different are equal, and one that looks equal is not found by LIKE. It saves nothing; text is as fast, and a "
                + "check limits its length where that matters.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);",
                    "CREATE TABLE countries (code text PRIMARY KEY CHECK (length(code) = 2), name text NOT NULL);",
                    """builder.Property(country => country.Code).HasColumnType("text");"""
                ),
            ]
        );

    protected override bool IsRegretted(SqlType type) => type.Name == "character";

    protected override string What(string table, string column, SqlType type) =>
        $"{column} of {table} is filled up with blanks, which the program gets back and comparisons leave out.";

    protected override string Instead(string column, SqlType type, bool isMigration) =>
        isMigration
            ? "builder.Property(…).HasColumnType(\"text\");   // with a check, where the length matters"
            : $"{column} text CHECK (length({column}) = {(type.Modifiers.Count > 0 ? type.Modifiers[0] : "1")})";
}
