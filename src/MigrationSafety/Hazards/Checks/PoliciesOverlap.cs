using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>Several permissive policies for one role and command: any one of them says yes.</summary>
internal sealed class PoliciesOverlap : HazardCheck
{
    private static readonly string[] Commands = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    public override Hazard Hazard { get; } =
        new(
            "policies-overlap",
            HazardGroup.OpensADoor,
            "Several policies for one role and one command",
            "Permissive policies are joined by OR: a row that one of them refuses, another lets through. Who tightens one believes the table "
                + "closed, while the other stands open; and PostgreSQL asks all of them for every row. One policy for each role and command says "
                + "in one place who may do what. What must hold as well is an AS RESTRICTIVE policy.",
            null,
            [
                new HazardExample(
                    """
                    CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL, is_public boolean NOT NULL);
                    ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY invoices_own ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
                    """,
                    "CREATE POLICY invoices_public ON invoices FOR SELECT TO authenticated USING (is_public);",
                    "ALTER POLICY invoices_own ON invoices USING (user_id = (SELECT auth.uid()) OR is_public);"
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var table in context.ChangedTables)
        {
            var permissive = table.Policies.Where(p => p.IsPermissive).ToList();
            if (permissive.Count < 2)
            {
                continue;
            }

            var origin = context.Statements.LastOrDefault(s =>
                s.Statement is CreatePolicy create && context.Schema.Resolve(create.Table) == table.Name
                || s.Statement is AlterPolicy { Roles: not null } alter
                    && context.Schema.Resolve(alter.Table) == table.Name
            );
            if (origin is null)
            {
                continue;
            }

            var overlaps = permissive
                .SelectMany(p => p.Roles)
                .Distinct()
                .Order(StringComparer.Ordinal)
                .SelectMany(role => Commands.Select(command => (Role: role, Command: command)))
                .Select(pair =>
                    (
                        pair.Role,
                        pair.Command,
                        Policies: permissive.Where(p => Speaks(p, pair.Role, pair.Command)).ToList()
                    )
                )
                .Where(o => o.Policies.Count > 1)
                .ToList();
            if (overlaps.Count == 0)
            {
                continue;
            }

            var shown = context.Shown(table.Name);
            var list = overlaps
                .GroupBy(o => (o.Role, Names: string.Join(", ", o.Policies.Select(p => ObjectName.Quoted(p.Name)))))
                .Select(g =>
                    $"{g.Key.Names} for {(g.Key.Role == "public" ? "PUBLIC" : g.Key.Role)}, {string.Join(", ", g.Select(o => o.Command))}"
                );
            var last = overlaps[0].Policies[^1];
            yield return new Found(
                origin,
                shown,
                $"A row of {shown} that one policy refuses, another lets through: {string.Join("; ", list)}.",
                $"{(context.IsMigration ? "//" : "--")} one policy for each role and command, with the conditions joined by OR:\n"
                    + context.AsWritten($"DROP POLICY {ObjectName.Quoted(last.Name)} ON {table.Name};")
                    + "\n"
                    + context.AsWritten(
                        $"ALTER POLICY {ObjectName.Quoted(overlaps[0].Policies[0].Name)} ON {table.Name} USING ((…) OR (…));"
                    )
            );
        }
    }

    // A policy for everybody counts for each role.
    private static bool Speaks(CreatePolicy policy, string role, string command) =>
        (policy.Command == "ALL" || policy.Command == command)
        && (policy.Roles.Contains(role) || policy.Roles.Contains("public"));
}
