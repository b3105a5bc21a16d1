using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>Default privileges that grant on what nobody has made yet.</summary>
internal sealed class DefaultPrivilegesGrant : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "default-privileges-grant",
            HazardGroup.OpensADoor,
            "Privileges on everything that will ever be made",
            "ALTER DEFAULT PRIVILEGES … GRANT gives a role its privileges on each table, sequence or function from the moment it is made. Whoever "
                + "makes a table next year does not know of it, and no review of that migration shows it: the table is open before "
                + "anybody has thought about who may read it. Grant on each table, where it is made.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);",
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO authenticated;",
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon, authenticated;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterDefaultPrivileges { Change: { IsRevoke: false } change } privileges)
        {
            yield break;
        }

        var roles = change.Grantees.Where(role => !Exposure.IsTrusted(role)).ToList();
        if (roles.Count == 0)
        {
            yield break;
        }

        var kinds = change.Kind switch
        {
            ObjectKind.Sequence => "sequence",
            ObjectKind.Function or ObjectKind.Routine or ObjectKind.Procedure => "function",
            ObjectKind.Schema => "schema",
            ObjectKind.Type => "type",
            _ => "table",
        };
        var who = string.Join(", ", roles.Select(role => role == "public" ? "PUBLIC" : ObjectName.Quoted(role)));
        var where =
            privileges.Schemas.Count == 0
                ? ""
                : $" in {string.Join(", ", privileges.Schemas.Select(ObjectName.Quoted))}";
        yield return new Found(
            statement,
            privileges.Schemas.Count == 0 ? null : ObjectName.Quoted(privileges.Schemas[0]),
            $"{who} gets {string.Join(", ", change.Privileges)} on each {kinds}{where} from the moment it is made, without a word in the migration "
                + "that makes it.",
            $"{(context.IsMigration ? "//" : "--")} on each {kinds}, where it is made:\n"
                + context.AsWritten(
                    $"GRANT {string.Join(", ", change.Privileges)} ON {kinds.ToUpperInvariant()} … TO {who};"
                )
        );
    }
}
