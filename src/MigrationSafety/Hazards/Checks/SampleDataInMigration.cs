using System.Text.RegularExpressions;
using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>Invented people and rows written by a migration, which production runs too.</summary>
internal sealed partial class SampleDataInMigration : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "sample-data-in-migration",
            HazardGroup.OpensADoor,
            "Sample data in a migration",
            "A migration runs in production as well. A user that was invented for a developer's machine is a user there, with a known address "
                + "and often a known password; rows made to fill a screen are served to customers. Rows that the program needs, such as a list "
                + "of countries, are fine.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name text NOT NULL);",
                    "INSERT INTO users (id, email, name) VALUES (1, 'alice@example.com', 'Alice');",
                    null
                ),
                new HazardExample(
                    "CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);",
                    "INSERT INTO countries (code, name) SELECT 'X' || n, 'Country ' || n FROM generate_series(1, 100) AS n;",
                    "INSERT INTO countries (code, name) VALUES ('DE', 'Germany'), ('FR', 'France') ON CONFLICT DO NOTHING;"
                ),
            ]
        );

    public override bool LooksAtDown => false;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        foreach (var change in statement.Statement.DataChanges.Where(c => c is { Verb: "INSERT", Source: not null }))
        {
            var tokens = change.Source!.Tokens;
            var isInvented =
                // Made from nothing; from a table's rows it would be a backfill.
                (tokens.Any(t => t.IsName && t.Name == "generate_series") && !ReadsTable(tokens, context))
                || tokens.Any(t => t.Kind == SqlTokenKind.String && t.Text.Length < 1000 && Invented().IsMatch(t.Text));
            if (isInvented)
            {
                var table = context.Shown(change.Table);
                yield return new Found(
                    statement,
                    table,
                    $"Production gets these rows in {table} too: invented people can sign in there, and invented rows are shown to customers.",
                    context.IsMigration
                        ? "// take it out of the migration, and add it where development begins: optionsBuilder.UseSeeding(…), behind a flag"
                        : "-- take it out, and run it on development databases only"
                );
                yield break;
            }
        }
    }

    private static bool ReadsTable(IReadOnlyList<SqlToken> tokens, HazardContext context)
    {
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (
                (tokens[i].IsWord("FROM") || tokens[i].IsWord("JOIN"))
                && tokens[i + 1].IsName
                && tokens[i + 1].Name != "generate_series"
                && context.Schema.Tables.Keys.Any(t => t.Name == tokens[i + 1].Name)
            )
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(
        @"^[^\s@]+@[^\s@]+\.[A-Za-z]{2,}$|\blorem ipsum\b|^(john|jane) (doe|smith)$|^test[ _-]?(user|customer|account|product|company)\b|^(foo|foobar)$",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Invented();
}
