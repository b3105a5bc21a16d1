using Db.Compatibility;

namespace Db.Tracing.Findings;

/// <summary>What one release would run into on the other's schema.</summary>
internal static class ReleaseFindings
{
    public static IEnumerable<TraceFinding> Of(ReleaseComparison? previous, ReleaseComparison? codeFirst) =>
        Previous(previous).Concat(CodeFirst(codeFirst));

    private static IEnumerable<TraceFinding> Previous(ReleaseComparison? comparison)
    {
        foreach (var broken in comparison?.Breaks ?? [])
        {
            var always = broken.When is null || broken.SqlState == Npgsql.PostgresErrorCodes.NotNullViolation;
            yield return new TraceFinding(
                "breaks-previous-release",
                always ? Severity.Danger : Severity.Warning,
                "Up",
                0,
                Name(broken),
                $"The release that runs now can no longer {Operations(broken)} {broken.Property ?? broken.Entity}"
                    + (broken.When is null ? "" : $" when {broken.When}")
                    + $". PostgreSQL answers: {broken.Error}{(broken.SqlState is null ? "" : $" ({broken.SqlState})")}.",
                Instead(broken)
            )
            {
                AcceptedAs = SeenAs(broken),
            };
        }
    }

    // Who has accepted that a column goes has not accepted that another one refuses null.
    private static IReadOnlyList<string>? SeenAs(ReleaseBreak broken) =>
        broken.SqlState switch
        {
            Npgsql.PostgresErrorCodes.UndefinedColumn => ["drop-column", "rename-column"],
            Npgsql.PostgresErrorCodes.UndefinedTable =>
            [
                "drop-table",
                "rename-table",
                "move-to-schema",
                "rename-schema",
            ],
            Npgsql.PostgresErrorCodes.NotNullViolation =>
            [
                "required-column-without-default",
                "not-null-rejects-writes",
                "default-removed",
            ],
            Npgsql.PostgresErrorCodes.CheckViolation => ["check-rejects-writes"],
            Npgsql.PostgresErrorCodes.UniqueViolation or Npgsql.PostgresErrorCodes.ExclusionViolation =>
            [
                "unique-rejects-writes",
            ],
            _ => null,
        };

    private static IEnumerable<TraceFinding> CodeFirst(ReleaseComparison? comparison)
    {
        var breaks = comparison?.Breaks.Where(b => b.When is null).ToList() ?? [];
        if (breaks.Count > 0)
        {
            yield return new TraceFinding(
                "needs-migration-before-code",
                Severity.Note,
                "Up",
                0,
                string.Join(", ", breaks.Select(Name).Distinct()),
                $"The new release does not work on the schema before this migration ({breaks.Count} "
                    + $"{(breaks.Count == 1 ? "thing breaks" : "things break")}, for example: {breaks[0].Error}).",
                "Migrate first, then deploy the code; going back, the code first."
            );
        }
    }

    private static string Name(ReleaseBreak broken) =>
        broken.Column is null ? broken.Table : $"{broken.Table}.{broken.Column}";

    private static string Operations(ReleaseBreak broken) =>
        broken.Operations.Count == 1
            ? broken.Operations[0]
            : $"{string.Join(", ", broken.Operations.SkipLast(1))} or {broken.Operations[^1]}";

    private static string Instead(ReleaseBreak broken) =>
        broken.SqlState switch
        {
            Npgsql.PostgresErrorCodes.UndefinedColumn or Npgsql.PostgresErrorCodes.UndefinedTable =>
                "Keep it until no release that uses it runs any more. Instead of renaming: add the new one, write both, copy, read the new "
                    + "one, and drop the old one in a later release.",
            Npgsql.PostgresErrorCodes.NotNullViolation =>
                "Give the column a default that the database fills in, or leave it nullable until every running release fills it.",
            Npgsql.PostgresErrorCodes.UniqueViolation
            or Npgsql.PostgresErrorCodes.ExclusionViolation
            or Npgsql.PostgresErrorCodes.CheckViolation =>
                "Release the code that keeps to the rule first, and the constraint in the next release.",
            _ => "Make the change in two releases: first what both can live with, then what only the new one needs.",
        };
}
