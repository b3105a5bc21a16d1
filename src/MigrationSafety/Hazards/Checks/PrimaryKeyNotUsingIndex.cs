using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A primary key on a table in use that builds its index at once, or reads the table to see that no key is null.</summary>
internal sealed class PrimaryKeyNotUsingIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "primary-key-not-using-index",
            HazardGroup.BlocksTheApplication,
            "A primary key builds its index while everybody waits",
            "ADD PRIMARY KEY reads the whole table and builds an index, and until it is done nobody may read or write the table. "
                + "A unique index made with CREATE UNIQUE INDEX CONCURRENTLY can be taken over afterwards, in a moment, where the columns are "
                + "NOT NULL already; else PostgreSQL reads the table for that.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint NOT NULL, email text);",
                    "ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id);",
                    """
                    CREATE UNIQUE INDEX CONCURRENTLY users_pkey ON users (id);
                    ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey;
                    """,
                    """migrationBuilder.AddPrimaryKey(name: "users_pkey", table: "users", column: "id");"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var constraint in Added(alter))
        {
            var table = context.Shown(alter.Name);
            var name = ObjectName.Quoted(ConstraintNames.Of(alter.Name, constraint));
            var columns = string.Join(", ", constraint.Columns.Select(ObjectName.Quoted));
            if (constraint.UsingIndex is not null)
            {
                var nullable = context
                    .Schema.Index(new ObjectName(alter.Name.Schema, constraint.UsingIndex))
                    ?.Keys.Select(key => context.Schema.Column(alter.Name, key.Column ?? ""))
                    .FirstOrDefault(column => column is { NotNull: false });
                if (nullable is null || Proven.NotNull(context.Schema.Table(alter.Name), nullable.Name))
                {
                    continue;
                }

                yield return new Found(
                    statement,
                    table,
                    $"{ObjectName.Quoted(nullable.Name)} may be null so far. PostgreSQL reads all of {table} to see that it never is, and until it is done, "
                        + $"everything that reads or writes {table} waits.",
                    Instead.Steps(
                        context,
                        [.. Proven.StepsToNotNull(alter.Name, nullable.Name, context), new Step(statement.Text)]
                    )
                );
                continue;
            }

            yield return new Found(
                statement,
                table,
                $"The index behind the primary key is built while everything that reads or writes {table} waits: the application stands still.",
                Instead.Steps(
                    context,
                    new Step(
                        $"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {alter.Name} ({columns})",
                        Alone: true,
                        context.IsMigration
                            ? "As an operation the rails do it in two steps by themselves: migrationBuilder.AddPrimaryKey(…). As SQL:"
                            : "outside of a transaction; the columns must be NOT NULL by then:"
                    ),
                    new Step($"ALTER TABLE {alter.Name} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}")
                )
            );
        }
    }

    private static IEnumerable<TableConstraint> Added(AlterTable alter) =>
        alter.Actions.SelectMany(action =>
            action switch
            {
                AddConstraint { Constraint: { Kind: ConstraintKind.PrimaryKey } constraint } => [constraint],
                AddColumn { Column: var column } => column.Constraints.Where(c => c.Kind == ConstraintKind.PrimaryKey),
                _ => (IEnumerable<TableConstraint>)[],
            }
        );
}
