using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An exclusion constraint on a table in use.</summary>
internal sealed class ExclusionConstraint : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "exclusion-constraint",
            HazardGroup.BlocksTheApplication,
            "An exclusion constraint builds its index while everybody waits",
            "ADD CONSTRAINT … EXCLUDE reads the whole table and builds an index, and until it is done nobody may read or write the table. "
                + "PostgreSQL has no way to do that concurrently, so on a large table it needs another table, or a pause of the application.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE bookings (id bigint PRIMARY KEY, room integer, during tstzrange);",
                    "ALTER TABLE bookings ADD CONSTRAINT bookings_excl EXCLUDE USING gist (room WITH =, during WITH &&);",
                    """
                    CREATE TABLE bookings_new (
                      id bigint PRIMARY KEY, room integer, during tstzrange,
                      CONSTRAINT bookings_new_excl EXCLUDE USING gist (room WITH =, during WITH &&)
                    );
                    ALTER TABLE bookings_new ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY nobody ON bookings_new USING (false);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is AlterTable alter
            && context.IsInUse(alter.Name)
            && alter.Actions.Any(a => a is AddConstraint { Constraint.Kind: ConstraintKind.Exclusion })
        )
        {
            var table = context.Shown(alter.Name);
            yield return new Found(
                statement,
                table,
                $"The index behind the exclusion constraint is built while everything that reads or writes {table} waits: the application stands still. "
                    + "It cannot be built concurrently.",
                Instead.Remarks(
                    context,
                    $"on a large {table}: create {ObjectName.Quoted(alter.Name.Name + "_new")} with the constraint, let the application (or a trigger) write both,",
                    "copy the old rows in batches, and let a later release read the new table.",
                    "on a small one: accept it."
                )
            );
        }
    }
}
