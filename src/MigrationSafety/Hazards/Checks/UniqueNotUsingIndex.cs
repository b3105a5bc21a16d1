using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A unique constraint on a table in use that builds its index at once.</summary>
internal sealed class UniqueNotUsingIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "unique-not-using-index",
            HazardGroup.BlocksTheApplication,
            "A unique constraint builds its index while everybody waits",
            "ADD CONSTRAINT … UNIQUE reads the whole table and builds an index, and until it is done nobody may read or write the table. "
                + "A unique index made with CREATE UNIQUE INDEX CONCURRENTLY can be taken over afterwards, in a moment, by ADD CONSTRAINT … "
                + "UNIQUE USING INDEX.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);",
                    "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
                    """
                    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
                    ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
                    """,
                    """migrationBuilder.AddUniqueConstraint(name: "users_email_key", table: "users", column: "email");"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var (constraint, column) in Added(alter))
        {
            var table = context.Shown(alter.Name);
            var name = ObjectName.Quoted(ConstraintNames.Of(alter.Name, constraint));
            var columns = string.Join(", ", constraint.Columns.Select(ObjectName.Quoted));
            var index = new Step(
                $"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {alter.Name} ({columns})",
                Alone: true,
                context.IsMigration
                    ? "As an operation the rails do it in two steps by themselves: migrationBuilder.AddUniqueConstraint(…). As SQL:"
                    : "outside of a transaction:"
            );
            var take = new Step($"ALTER TABLE {alter.Name} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}");
            yield return new Found(
                statement,
                table,
                $"The index behind {name} is built while everything that reads or writes {table} waits: the application stands still. And it fails where two "
                    + "rows are the same already.",
                column is null
                    ? Instead.Steps(context, index, take)
                    : Instead.Steps(
                        context,
                        new Step(
                            $"ALTER TABLE {alter.Name} ADD COLUMN {ObjectName.Quoted(column.Name)} {column.Type}",
                            Remark: "the column first:"
                        ),
                        index,
                        take
                    )
            );
        }
    }

    private static IEnumerable<(TableConstraint Constraint, ColumnDefinition? Column)> Added(AlterTable alter) =>
        alter.Actions.SelectMany(action =>
            action switch
            {
                AddConstraint { Constraint: { Kind: ConstraintKind.Unique, UsingIndex: null } constraint } =>
                [
                    (constraint, null),
                ],
                AddColumn { Column: var column } => column
                    .Constraints.Where(c => c.Kind == ConstraintKind.Unique)
                    .Select(c => (c, (ColumnDefinition?)column)),
                _ => (IEnumerable<(TableConstraint, ColumnDefinition?)>)[],
            }
        );
}
