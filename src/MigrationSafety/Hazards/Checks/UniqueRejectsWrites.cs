using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A unique constraint or index over columns that all get the same default.</summary>
internal sealed class UniqueRejectsWrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "unique-rejects-writes",
            HazardGroup.BreaksTheRunningRelease,
            "Values must be unique from now on, and the running release writes the same one",
            "Every row gets the same value by the column's default, or has it already. The second such row is refused: the constraint cannot be built where "
                + "there are two rows, and where there are none, the release that is still running fails with its second insert.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, slug text NOT NULL DEFAULT '');",
                    "CREATE UNIQUE INDEX CONCURRENTLY users_slug_key ON users (slug);",
                    "CREATE UNIQUE INDEX CONCURRENTLY users_slug_key ON users (slug) WHERE slug <> '';"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var (table, columns) = statement.Statement switch
        {
            CreateIndex { Unique: true, Where: null } index => (index.Table, index.Keys.Select(k => k.Column).ToList()),
            AlterTable alter
                when alter
                    .Actions.OfType<AddConstraint>()
                    .FirstOrDefault(a => a.Constraint is { Kind: ConstraintKind.Unique, UsingIndex: null })
                    is { } add => (alter.Name, [.. add.Constraint.Columns]),
            AlterTable alter
                when alter
                    .Actions.OfType<AddColumn>()
                    .FirstOrDefault(a => a.Column.Constraints.Any(c => c.Kind == ConstraintKind.Unique))
                    is { } add
                    && add.Column.Default is { IsNull: false } value
                    && VolatileCalls.First(value, context) is null => (alter.Name, ["\0"]),
            _ => (null!, (List<string?>)[]),
        };
        if (columns.Count == 0 || !context.IsInUse(table) || !(columns is ["\0"] || columns.TrueForAll(IsConstant)))
        {
            yield break;
        }

        var shown = context.Shown(table);
        yield return new Found(
            statement,
            shown,
            $"Rows of {shown} get the same value here by default, and must all differ from now on: the second one is refused, with an error in the release that is "
                + "running.",
            Instead.Remarks(
                context,
                "first a default that differs by row (or none), and a release that writes such values; then the old rows filled in batches;",
                "then the unique index. Or leave the default out of it: a partial unique index, WHERE … <> the default."
            )
        );

        bool IsConstant(string? name) =>
            name is not null
            && context.Schema.Column(table, name) is { Default: { IsNull: false } value } column
            && !column.IsIdentity
            && VolatileCalls.First(value, context) is null
            // now() is one value for a statement, and another for the next.
            && !value.Calls().Any()
            && !value.Tokens.Any(t =>
                t.IsWord("CURRENT_TIMESTAMP") || t.IsWord("CURRENT_DATE") || t.IsWord("CURRENT_USER")
            );
    }
}
