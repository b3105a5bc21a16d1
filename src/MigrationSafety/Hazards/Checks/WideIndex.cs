using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An index over more than three columns.</summary>
internal sealed class WideIndex : HazardCheck
{
    private const int Most = 3;

    public override Hazard Hazard { get; } =
        new(
            "wide-index",
            HazardGroup.CostsForEver,
            "An index over more than three columns",
            "A search uses an index from its first column on, as far as it compares for equality; the fourth column hardly ever narrows anything "
                + "down. Each column makes the index larger, its cache smaller, and each INSERT and UPDATE slower. Columns that are only to be "
                + "read from the index belong into INCLUDE. A unique index has the columns that its rule has.",
            null,
            [
                new HazardExample(
                    """
                    CREATE TABLE invoices (
                      id bigint PRIMARY KEY, user_id bigint NOT NULL, state text NOT NULL, due date NOT NULL, total numeric NOT NULL);
                    """,
                    "CREATE INDEX CONCURRENTLY invoices_search_idx ON invoices (user_id, state, due, total);",
                    "CREATE INDEX CONCURRENTLY invoices_search_idx ON invoices (user_id, state) INCLUDE (due, total);"
                ),
            ]
        );

    public override bool LooksAtDown => false;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not CreateIndex { Unique: false, Method: "btree" } create
            || create.Keys.Count <= Most
        )
        {
            yield break;
        }

        var table = context.Shown(create.Table);
        var keys = string.Join(", ", create.Keys.Take(2).Select(k => k.Text));
        var rest = string.Join(
            ", ",
            create.Keys.Skip(2).Where(k => k.Column is not null).Select(k => ObjectName.Quoted(k.Column!))
        );
        var name = create.Name is { } named ? ObjectName.Quoted(named.Name) : "This index";
        yield return new Found(
            statement,
            table,
            $"{name} has {create.Keys.Count} columns: every change of a row of {table} writes all of them, and a search hardly ever uses more than "
                + $"the first {Most}.",
            context.IsMigration
                ? $"builder.HasIndex(…).IncludeProperties(…);   // the first columns as keys ({keys}), the others only to be read ({rest})"
                : $"CREATE INDEX {(create.Concurrently ? "CONCURRENTLY " : "")}{(create.Name is { } n ? ObjectName.Quoted(n.Name) + " " : "")}ON {create.Table} ({keys})"
                    + $"{(rest.Length == 0 ? "" : $" INCLUDE ({rest})")};"
        );
    }
}
