using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An index that another one does the work of.</summary>
internal sealed class DuplicateIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "duplicate-index",
            HazardGroup.CostsForEver,
            "An index that another one makes unnecessary",
            "An index serves every query on its first columns, so one on (a, b) does what one on (a) does. A second one is written at each INSERT "
                + "and at most UPDATEs, takes room on the disk and in memory, and is never needed.",
            null,
            [
                new HazardExample(
                    """
                    CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL, created_at timestamptz NOT NULL);
                    CREATE INDEX invoices_user_created_idx ON invoices (user_id, created_at);
                    """,
                    "CREATE INDEX CONCURRENTLY invoices_user_idx ON invoices (user_id);",
                    "CREATE INDEX CONCURRENTLY invoices_created_idx ON invoices (created_at);"
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);",
                    "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);",
                    null
                ),
            ]
        );

    public override bool LooksAtDown => false;

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        var made = context.MadeIndexes.OrderBy(i => i.Name.ToString(), StringComparer.Ordinal).ToList();
        var told = new HashSet<ObjectName>();
        foreach (var index in made)
        {
            foreach (var other in context.Schema.IndexesOf(index.Table).Where(o => o.Name != index.Name))
            {
                var (spare, needed) =
                    IsSpare(index, other) ? (index, other)
                    : IsSpare(other, index) ? (other, index)
                    : (null, null);
                if (spare is null || needed is null || spare.OfConstraint || !told.Add(spare.Name))
                {
                    continue;
                }

                var origin =
                    context.Last<CreateIndex>(create =>
                        context.Schema.Resolve(ConstraintNames.Of(create)) == spare.Name
                    )
                    ?? context.Last<CreateIndex>(create =>
                        context.Schema.Resolve(ConstraintNames.Of(create)) == needed.Name
                    )
                    ?? context.OfTable(index.Table);
                if (origin is null)
                {
                    continue;
                }

                var table = context.Shown(index.Table);
                var (spareName, neededName) = (ObjectName.Quoted(spare.Name.Name), ObjectName.Quoted(needed.Name.Name));
                yield return new Found(
                    origin,
                    table,
                    $"{spareName} on {table} ({Columns(spare)}) is written with every row and never needed: {neededName} ({Columns(needed)}) begins "
                        + "with the same columns.",
                    context.IsMadeHere(spare.CreatedIn) ? $"{(context.IsMigration ? "//" : "--")} leave {spareName} out"
                        : context.IsMigration
                            ? $"migrationBuilder.DropIndex(name: {CSharp.Literal(spare.Name.Name)}, {CSharp.Schema(spare.Table)}table: {CSharp.Literal(spare.Table.Name)});"
                        : $"DROP INDEX CONCURRENTLY {spare.Name};"
                );
            }
        }
    }

    private static bool IsSpare(IndexState spare, IndexState other)
    {
        if (
            spare.Method != other.Method
            || spare.Keys.Count > other.Keys.Count
            || (spare.Keys.Count < other.Keys.Count && spare.Method != "btree")
            || !SameRows(spare.Where, other.Where)
            || !spare.Keys.Zip(other.Keys).All(pair => Text(pair.First) == Text(pair.Second))
        )
        {
            return false;
        }

        var isSame = spare.Keys.Count == other.Keys.Count;
        if (spare.Unique && !(isSame && other.Unique))
        {
            return false;
        }

        if (!spare.Included.All(c => other.Included.Contains(c) || other.Keys.Any(k => k.Column == c)))
        {
            return false;
        }

        // Of two alike, the one that a constraint does not own and that came later goes.
        return !isSame
            || (!spare.Unique && other.Unique)
            || (!spare.OfConstraint && other.OfConstraint)
            || (
                spare.Unique == other.Unique
                && spare.OfConstraint == other.OfConstraint
                && (
                    spare.CreatedIn > other.CreatedIn
                    || (
                        spare.CreatedIn == other.CreatedIn
                        && string.CompareOrdinal(spare.Name.Name, other.Name.Name) > 0
                    )
                )
            );
    }

    private static bool SameRows(Expression? one, Expression? other) =>
        one is null ? other is null : other is not null && one.SaysTheSame(other);

    private static string Text(IndexKey key)
    {
        var text = key.Text.Trim();
        text = text.EndsWith(" ASC", StringComparison.OrdinalIgnoreCase) ? text[..^4].TrimEnd() : text;
        return
            key.Column is { } column
            && text.Replace("\"", "", StringComparison.Ordinal).Equals(column, StringComparison.OrdinalIgnoreCase)
            ? column
            : text.ToLowerInvariant();
    }

    private static string Columns(IndexState index) => string.Join(", ", index.Keys.Select(k => k.Text));
}
