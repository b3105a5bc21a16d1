using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A foreign key on a table in use that checks all rows at once.</summary>
internal sealed class ForeignKeyValidatedAtOnce : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "foreign-key-validated-at-once",
            HazardGroup.BlocksTheApplication,
            "A foreign key checks every row while writes to both tables wait",
            "ADD FOREIGN KEY looks up the other table for each row there is, and until it is done nobody may change a row of either table. "
                + "With NOT VALID it is there at once and holds for every new row; VALIDATE CONSTRAINT, in a later transaction, then "
                + "checks the old ones while everybody goes on working.",
            "SHARE ROW EXCLUSIVE on both tables: reads go on, INSERT, UPDATE and DELETE wait",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL); CREATE INDEX ON orders (user_id);",
                    "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);",
                    """
                    ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
                    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;
                    """,
                    """
                    migrationBuilder.AddForeignKey(
                        name: "orders_user_id_fkey", table: "orders", column: "user_id", principalTable: "users", principalColumn: "id");
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

        foreach (var constraint in Added(alter))
        {
            var table = context.Shown(alter.Name);
            var other = context.Shown(constraint.References!);
            var name = ObjectName.Quoted(ConstraintNames.Of(alter.Name, constraint));
            var sql =
                $"ALTER TABLE {alter.Name} ADD CONSTRAINT {name} FOREIGN KEY ({Columns(constraint.Columns)}) REFERENCES {constraint.References}"
                + (constraint.ReferencedColumns is { Count: > 0 } columns ? $" ({Columns(columns)})" : "")
                + " NOT VALID";
            var validate = $"ALTER TABLE {alter.Name} VALIDATE CONSTRAINT {name}";
            yield return new Found(
                statement,
                table,
                $"The foreign key {name} looks up {other} for every row of {table}, and until it is done, everything that writes to either table "
                    + "waits: the application hangs wherever it saves something there.",
                context.IsMigration
                    ? "// As an operation the rails do it in two steps by themselves: migrationBuilder.AddForeignKey(…). As SQL:\n"
                        + CSharp.Sql(sql)
                        + "\n// and in a later migration, or outside of this one's transaction:\n"
                        + CSharp.Sql(validate, suppressTransaction: true)
                    : $"{sql};\n-- in a later transaction:\n{validate};"
            );
        }
    }

    private static IEnumerable<TableConstraint> Added(AlterTable alter) =>
        alter.Actions.SelectMany(action =>
            action switch
            {
                AddConstraint { Constraint: { Kind: ConstraintKind.ForeignKey, IsNotValid: false } constraint } =>
                [
                    constraint,
                ],
                // Without a default the new column is null in every row, and PostgreSQL looks at none of them.
                AddColumn { Column: { Default: { IsNull: false } } column } => column.Constraints.Where(c =>
                    c.Kind == ConstraintKind.ForeignKey
                ),
                _ => [],
            }
        );

    private static string Columns(IEnumerable<string> names) => string.Join(", ", names.Select(ObjectName.Quoted));
}
