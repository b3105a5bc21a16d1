using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A check that refuses what an older check, or the column's default, lets pass.</summary>
internal sealed class CheckRejectsWrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "check-rejects-writes",
            HazardGroup.BreaksTheRunningRelease,
            "A check refuses values that the running release may write",
            "The new list of allowed values lacks one that was allowed until now, or the column's own default. Where the release that is still running "
                + "writes it, each such write fails from this moment on, also with NOT VALID: that only spares the old rows.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, role text, CONSTRAINT users_role_check CHECK (role IN ('member', 'guest', 'admin')));",
                    """
                    ALTER TABLE users DROP CONSTRAINT users_role_check;
                    ALTER TABLE users ADD CONSTRAINT users_role_check CHECK (role IN ('member', 'admin')) NOT VALID;
                    """,
                    """
                    ALTER TABLE users DROP CONSTRAINT users_role_check;
                    ALTER TABLE users ADD CONSTRAINT users_role_check CHECK (role IN ('member', 'guest', 'admin', 'owner')) NOT VALID;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var add in alter.Actions.OfType<AddConstraint>())
        {
            if (
                add.Constraint is not { Kind: ConstraintKind.Check, Expression: { } expression }
                || Allowed(expression) is not { } now
            )
            {
                continue;
            }

            var before = context.SchemaBefore.Table(alter.Name);
            var lost = (before?.Constraints ?? [])
                .Where(c => c is { Kind: ConstraintKind.Check, Expression: not null })
                .Select(c => Allowed(c.Expression!))
                .Where(old => old?.Column == now.Column)
                .SelectMany(old => old!.Value.Labels.Except(now.Labels))
                .Distinct()
                .ToList();
            if (
                context.Schema.Column(alter.Name, now.Column)?.Default
                    is { IsNull: false, Tokens: [{ Kind: SqlTokenKind.String, Text: var value }, ..] }
                && !now.Labels.Contains(value)
                && !lost.Contains(value)
            )
            {
                lost.Add(value);
            }

            if (lost.Count == 0)
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var column = ObjectName.Quoted(now.Column);
            var values = string.Join(", ", lost.Select(l => $"'{l}'"));
            yield return new Found(
                statement,
                table,
                $"{ObjectName.Quoted(ConstraintNames.Of(alter.Name, add.Constraint))} no longer lets {column} be {values}: where the release that is running writes that, it "
                    + "fails from this moment on.",
                Instead.Remarks(
                    context,
                    $"1. a release that no longer writes {values}, and the rows that hold it updated in batches",
                    "2. the next release: this check, and the hazard accepted with that reason"
                )
            );
        }
    }

    // column IN ('a', 'b'), or as PostgreSQL spells it: column = ANY (ARRAY['a'::text, 'b'::text])
    private static (string Column, HashSet<string> Labels)? Allowed(Expression expression)
    {
        var tokens = expression.Tokens;
        var column = tokens.FirstOrDefault(t => t.IsName && !t.IsWord("NOT"));
        var isList = tokens.Any(t => t.IsWord("IN") || t.IsWord("ANY"));
        var isPlain = !tokens.Any(t =>
            t.IsWord("AND") || t.IsWord("OR") || t.IsWord("NOT") || t.IsWord("CASE") || t.IsSymbol("<>")
        );
        return isList && isPlain && column.IsName
            ? (column.Name, [.. tokens.Where(t => t.Kind == SqlTokenKind.String).Select(t => t.Text)])
            : null;
    }
}
