using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>SET NOT NULL on a table in use, without a valid check that already proves it.</summary>
internal sealed class SetNotNullScans : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "set-not-null-scans",
            HazardGroup.BlocksTheApplication,
            "SET NOT NULL reads the whole table while everybody waits",
            "To know that no row holds a null, PostgreSQL reads all of them, and until it is done nobody may read or write the table. "
                + "Where a valid check constraint already says that the column is never null, it believes the check and reads nothing. Such a "
                + "check is made NOT VALID at once, and validated later while everybody goes on working.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
                    """
                    ALTER TABLE users ADD CONSTRAINT users_email_not_null CHECK (email IS NOT NULL) NOT VALID;
                    ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;
                    ALTER TABLE users ALTER COLUMN email SET NOT NULL;
                    ALTER TABLE users DROP CONSTRAINT users_email_not_null;
                    """,
                    """
                    migrationBuilder.AlterColumn<string>(
                        name: "email", table: "users", type: "text", nullable: false, oldClrType: typeof(string), oldType: "text", oldNullable: true);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterTable { Kind: ObjectKind.Table or ObjectKind.ForeignTable } alter
            || !context.IsInUse(alter.Name)
        )
        {
            yield break;
        }

        var table = context.Schema.Table(alter.Name);
        foreach (var required in Proven.Required(alter))
        {
            if (
                table?.Column(required)?.NotNull == true
                || Proven.NotNull(table, required)
                || context.TakesBack(alter.Name, up => up is DropNotNull same && same.Column == required)
            )
            {
                continue;
            }

            var shown = context.Shown(alter.Name);
            var column = ObjectName.Quoted(required);
            yield return new Found(
                statement,
                shown,
                $"PostgreSQL reads all of {shown} to see that no {column} is null, and until it is done, everything that reads or writes {shown} "
                    + "waits: the application stands still.",
                Instead.Steps(
                    context,
                    [
                        .. context.IsMigration
                            ?
                            [
                                new Step(
                                    "",
                                    Remark: "As an operation the rails do it in steps by themselves: migrationBuilder.AlterColumn<…>(…, nullable: false). As SQL,"
                                ),
                            ]
                            : (Step[])[],
                        .. Proven.StepsToNotNull(alter.Name, required, context),
                    ]
                )
            );
        }
    }
}
