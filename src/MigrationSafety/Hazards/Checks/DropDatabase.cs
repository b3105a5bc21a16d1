using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP DATABASE.</summary>
internal sealed class DropDatabase : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-database",
            HazardGroup.LosesData,
            "A whole database is dropped",
            "Everything in it is gone, and only a backup brings it back. A migration changes the database it runs in; it never drops one.",
            null,
            [new HazardExample("", "DROP DATABASE IF EXISTS reports;", null)]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is DropStatement { Kind: ObjectKind.Database } drop)
        {
            var name = ObjectName.Quoted(drop.Names[0].Name);
            yield return new Found(
                statement,
                name,
                $"The database {name} is gone with everything in it, and only a backup brings it back.",
                Instead.Remarks(
                    context,
                    "leave it out. A database that is no longer needed is dropped by hand, by whoever has just checked its backup:",
                    $"pg_dump --format=custom --file={drop.Names[0].Name}.dump {drop.Names[0].Name}"
                )
            );
        }
    }
}
