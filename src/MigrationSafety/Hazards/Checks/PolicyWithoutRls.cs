using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A policy on a table whose row-level security is off.</summary>
internal sealed class PolicyWithoutRls : HazardCheck
{
    private const string Policy =
        "CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));";

    public override Hazard Hazard { get; } =
        new(
            "policy-without-rls",
            HazardGroup.OpensADoor,
            "A policy that does not count, because row-level security is off",
            "PostgreSQL stores a policy and asks it only while row-level security is on for the table. The table looks protected to whoever "
                + "reads the migrations, and everybody with a grant reads all of it.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);",
                    Policy,
                    "ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;\n" + Policy
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var table in context.ChangedTables)
        {
            if (table.RowLevelSecurity || table.Policies.IsEmpty)
            {
                continue;
            }

            var off = context.OfRowLevelSecurity(table.Name, enabled: false);
            var origin =
                off ?? context.Last<CreatePolicy>(policy => context.Schema.Resolve(policy.Table) == table.Name);
            // Of a table that nobody was seen creating, it is not known whether row-level security is on.
            if (origin is null || (off is null && !table.IsKnown))
            {
                continue;
            }

            var shown = context.Shown(table.Name);
            var policies = string.Join(", ", table.Policies.Select(p => ObjectName.Quoted(p.Name)));
            yield return new Found(
                origin,
                shown,
                $"{policies} does nothing: row-level security of {shown} is off, so that everybody with a grant on it reads and changes every row.",
                context.AsWritten($"ALTER TABLE {table.Name} ENABLE ROW LEVEL SECURITY;")
            );
        }
    }
}
