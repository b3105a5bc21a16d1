using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>Row-level security is on and no policy lets anybody through, without it being said that nobody is meant.</summary>
internal sealed class RlsWithoutPolicy : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rls-without-policy",
            HazardGroup.OpensADoor,
            "Row-level security is on, and no policy says who sees what",
            "With row-level security on and no policy, every role but the owner sees an empty table, and no error says why. The quick way out "
                + "at night is to switch it off again, or to let the application connect as the owner: then everything is open. Where nobody is "
                + "meant to reach the table, say so by taking the privileges away.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);",
                    "ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;",
                    """
                    ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
                    """
                ),
                new HazardExample(
                    "CREATE TABLE secrets (id bigint PRIMARY KEY, value text NOT NULL);",
                    "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;",
                    """
                    ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
                    REVOKE ALL ON TABLE secrets FROM PUBLIC, anon, authenticated;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var table in context.ChangedTables)
        {
            if (!table.RowLevelSecurity || !table.IsKnown || !table.Policies.IsEmpty || context.IsClosed(table.Name))
            {
                continue;
            }

            var origin =
                context.OfRowLevelSecurity(table.Name, enabled: true)
                ?? context.Last<DropStatement>(drop =>
                    drop is { Kind: ObjectKind.Policy, On: { } on } && context.Schema.Resolve(on) == table.Name
                );
            if (origin is null)
            {
                continue;
            }

            var shown = context.Shown(table.Name);
            yield return new Found(
                origin,
                shown,
                $"From now on {shown} looks empty to everybody but its owner, and writes to it fail: row-level security is on, and no policy lets a "
                    + "row through.",
                context.AsWritten(
                    $"CREATE POLICY {ObjectName.Quoted(table.Name.Name + "_read")} ON {table.Name} FOR SELECT TO authenticated USING (…);"
                )
                    + $"\n{(context.IsMigration ? "//" : "--")} or, where nobody is meant to reach it:\n"
                    + context.AsWritten($"REVOKE ALL ON TABLE {table.Name} FROM PUBLIC, anon, authenticated;")
            );
        }
    }
}
