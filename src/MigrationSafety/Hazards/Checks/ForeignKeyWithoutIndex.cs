using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A foreign key whose columns no index begins with.</summary>
internal sealed class ForeignKeyWithoutIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "foreign-key-without-index",
            HazardGroup.CostsForEver,
            "A foreign key without an index",
            "When a row is deleted, or its key changed, PostgreSQL looks for the rows that refer to it. Without an index on the referring columns "
                + "it reads that whole table for each deleted row, holding locks meanwhile; and so does every query for the children of a parent. "
                + "PostgreSQL makes an index for the referenced side only.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);",
                    """
                    CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);
                    CREATE INDEX invoices_user_id_idx ON invoices (user_id);
                    """,
                    """builder.HasOne(invoice => invoice.User).WithMany();   // EF Core makes the index by itself"""
                ),
            ]
        );

    // A rollback restores what was there.
    public override bool LooksAtDown => false;

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var table in context.ChangedTables)
        {
            // What indexes a table has that nobody was seen creating is not known.
            if (!table.IsKnown || table.PartitionOf is not null || table.Persistence == Persistence.Temporary)
            {
                continue;
            }

            foreach (var key in table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey))
            {
                if (
                    context.SchemaBefore.Table(table.Name)?.Constraint(key.Name) is not null
                    || context.Schema.IndexesOf(table.Name).Any(index => Serves(index, key))
                )
                {
                    continue;
                }

                var origin =
                    context.Last<AlterTable>(alter =>
                        context.Schema.Resolve(alter.Name) == table.Name
                        && alter
                            .Actions.OfType<AddConstraint>()
                            .Any(add => ConstraintNames.Of(table.Name, add.Constraint) == key.Name)
                    ) ?? context.OfTable(table.Name);
                if (origin is null)
                {
                    continue;
                }

                var shown = context.Shown(table.Name);
                var columns = string.Join(", ", key.Columns.Select(ObjectName.Quoted));
                var parent = key.References is { } references ? context.Shown(references) : "the other table";
                var index = ObjectName.Quoted($"{table.Name.Name}_{string.Join('_', key.Columns)}_idx");
                yield return new Found(
                    origin,
                    shown,
                    $"Each row that is deleted from {parent} makes PostgreSQL read all of {shown}, to see whether one refers to it: no index begins "
                        + $"with {columns}.",
                    context.IsMigration
                        ? $"migrationBuilder.CreateIndex(name: {CSharp.Literal($"IX_{table.Name.Name}_{string.Join('_', key.Columns)}")}, "
                            + $"{CSharp.Schema(table.Name)}table: {CSharp.Literal(table.Name.Name)}, "
                            + (
                                key.Columns.Count == 1
                                    ? $"column: {CSharp.Literal(key.Columns[0])}"
                                    : $"columns: new[] {{ {string.Join(", ", key.Columns.Select(CSharp.Literal))} }}"
                            )
                            + ");"
                        : $"CREATE INDEX {(context.IsMadeHere(table.CreatedIn) ? "" : "CONCURRENTLY ")}{index} ON {table.Name} ({columns});"
                );
            }
        }
    }

    private static bool Serves(IndexState index, ConstraintState key) =>
        index.Method == "btree"
        && index.Keys.Count >= key.Columns.Count
        && index.Keys.Take(key.Columns.Count).All(k => k.Column is not null && key.Columns.Contains(k.Column))
        && (index.Where is null || IsOnlyNotNull(index.Where, key));

    // A foreign key never looks for a null, so an index WHERE column IS NOT NULL serves it as well.
    private static bool IsOnlyNotNull(Expression where, ConstraintState key)
    {
        var tokens = where.Tokens.Where(t => !t.IsSymbol("(") && !t.IsSymbol(")")).ToList();
        return tokens is [{ IsName: true } column, var @is, var not, var @null]
            && key.Columns.Contains(column.Name)
            && @is.IsWord("IS")
            && not.IsWord("NOT")
            && @null.IsWord("NULL");
    }
}
