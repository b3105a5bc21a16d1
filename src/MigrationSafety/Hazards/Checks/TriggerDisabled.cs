using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DISABLE TRIGGER, and session_replication_role = replica.</summary>
internal sealed class TriggerDisabled : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "trigger-disabled",
            HazardGroup.BreaksTheRunningRelease,
            "A trigger is switched off for everybody",
            "What the trigger does no longer happens for whatever the running release writes: no audit row, no updated time, and with ALL no foreign key is "
                + "checked either. If the migration fails before it switches the trigger on again, it stays off, unseen. In one transaction with "
                + "ENABLE TRIGGER nobody else sees it off.",
            "SHARE ROW EXCLUSIVE on the table: writes wait until the transaction ends",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TRIGGER audit AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION audit();",
                    "ALTER TABLE users DISABLE TRIGGER audit;",
                    """
                    BEGIN;
                    ALTER TABLE users DISABLE TRIGGER audit;
                    UPDATE users SET id = id WHERE id = 1;
                    ALTER TABLE users ENABLE TRIGGER audit;
                    COMMIT;
                    """
                ),
            ]
        );

    public override bool LooksAtDown => true;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is SetParameter { Name: "session_replication_role", Value: { } role } set
            && role.Trim('\'') == "replica"
            && !set.IsLocal
        )
        {
            yield return new Found(
                statement,
                null,
                "From here on no trigger fires in this session and no foreign key is checked: rows can be written that break them, and nobody is told.",
                Instead.Remarks(
                    context,
                    "leave it out. Where one trigger is in the way of one statement: DISABLE TRIGGER and ENABLE TRIGGER in one transaction."
                )
            );
        }

        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var off in alter.Actions.OfType<SwitchTrigger>().Where(s => !s.Enabled))
        {
            var table = context.Schema.Resolve(alter.Name);
            var isOnAgain =
                statement.Transaction is { } transaction
                && context
                    .Statements.Skip(context.Index + 1)
                    .Where(s => s.Transaction == transaction)
                    .Select(s => s.Statement)
                    .OfType<AlterTable>()
                    .Any(a =>
                        context.Schema.Resolve(a.Name) == table
                        && a.Actions.Any(x =>
                            x is SwitchTrigger { Enabled: true } on && (on.Name is null || on.Name == off.Name)
                        )
                    );
            if (isOnAgain)
            {
                continue;
            }

            var shown = context.Shown(alter.Name);
            var trigger = off.Name is { } name ? ObjectName.Quoted(name) : "ALL";
            yield return new Found(
                statement,
                shown,
                $"From here on {(off.Name is null ? "no trigger" : $"the trigger {trigger}")} fires for {shown}, whoever writes to it"
                    + $"{(off.Name is null ? ", and no foreign key is checked" : "")}; and if what follows fails, it stays off unseen.",
                Instead.Steps(
                    context,
                    new Step($"ALTER TABLE {alter.Name} DISABLE TRIGGER {trigger}", Remark: "all in one transaction:"),
                    new Step("", Remark: "… what it is in the way of …"),
                    new Step($"ALTER TABLE {alter.Name} ENABLE TRIGGER {trigger}")
                )
            );
        }
    }
}
