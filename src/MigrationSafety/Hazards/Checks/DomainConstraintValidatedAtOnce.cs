using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A constraint of a domain that reads every table which uses it.</summary>
internal sealed class DomainConstraintValidatedAtOnce : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "domain-constraint-validated-at-once",
            HazardGroup.BlocksTheApplication,
            "A domain's constraint reads every table that uses the domain",
            "ALTER DOMAIN … ADD CONSTRAINT and SET NOT NULL read each table that has a column of the domain, while writes to all of them wait. A "
                + "constraint can be added NOT VALID and validated in a later transaction.",
            "SHARE on every table that uses the domain: reads go on, writes wait",
            [
                new HazardExample(
                    "CREATE DOMAIN email AS text; CREATE TABLE users (id bigint PRIMARY KEY, mail email);",
                    "ALTER DOMAIN email ADD CONSTRAINT email_check CHECK (VALUE LIKE '%@%');",
                    "ALTER DOMAIN email ADD CONSTRAINT email_check CHECK (VALUE LIKE '%@%') NOT VALID;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is AlterDomain { Action: "ADD" or "SET NOT NULL", IsNotValid: false } alter
            && !context.Before.Any(s => s.Statement is CreateDomain create && create.Name == alter.Name)
        )
        {
            yield return new Found(
                statement,
                alter.Name.ToString(),
                $"PostgreSQL reads every table with a column of the domain {alter.Name}, and until it is done, everything that writes to any of them waits.",
                alter.Action == "ADD"
                    ? Instead.Steps(
                        context,
                        new Step(statement.Text + " NOT VALID"),
                        new Step(
                            $"ALTER DOMAIN {alter.Name} VALIDATE CONSTRAINT …",
                            Alone: true,
                            "in a later transaction:"
                        )
                    )
                    : Instead.Steps(
                        context,
                        new Step(
                            $"ALTER DOMAIN {alter.Name} ADD CONSTRAINT {ObjectName.Quoted(alter.Name.Name + "_not_null")} CHECK (VALUE IS NOT NULL) NOT VALID"
                        ),
                        new Step(
                            $"ALTER DOMAIN {alter.Name} VALIDATE CONSTRAINT {ObjectName.Quoted(alter.Name.Name + "_not_null")}",
                            Alone: true,
                            "in a later transaction:"
                        )
                    )
            );
        }
    }
}
