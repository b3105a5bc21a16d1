using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A policy that lets a role of the API write any row.</summary>
internal sealed class PolicyAlwaysTrue : HazardCheck
{
    private const string Table = """
        CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);
        ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
        """;

    public override Hazard Hazard { get; } =
        new(
            "policy-always-true",
            HazardGroup.OpensADoor,
            "A policy that lets anybody write every row",
            "A policy for INSERT, UPDATE, DELETE or ALL whose condition is true says yes to every row: whoever acts as its role changes and "
                + "deletes what belongs to others, or writes rows in their name. For reading, true can be meant, as with a public price list; for "
                + "writing it hardly ever is.",
            null,
            [
                new HazardExample(
                    Table,
                    "CREATE POLICY invoices_write ON invoices FOR UPDATE TO authenticated USING (true);",
                    """
                    CREATE POLICY invoices_write ON invoices FOR UPDATE TO authenticated
                      USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
                    """
                ),
                new HazardExample(
                    Table,
                    "CREATE POLICY invoices_insert ON invoices FOR INSERT TO authenticated WITH CHECK (true);",
                    "CREATE POLICY invoices_insert ON invoices FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var policy = statement.Statement switch
        {
            CreatePolicy create => create,
            AlterPolicy alter => context
                .Schema.Apply(alter)
                .Table(alter.Table)
                ?.Policies.Find(p => p.Name == (alter.RenamedTo ?? alter.Name)),
            _ => null,
        };
        if (
            policy is not { IsPermissive: true, Command: not "SELECT" }
            || policy.Roles.All(Exposure.IsTrusted)
            || (policy.Using?.IsTrue != true && policy.WithCheck?.IsTrue != true)
        )
        {
            yield break;
        }

        var (table, name) = (context.Shown(policy.Table), ObjectName.Quoted(policy.Name));
        var roles = string.Join(", ", policy.Roles.Select(Role));
        var may = policy switch
        {
            { Command: "INSERT" } => "may insert any row, also in the name of somebody else",
            { Command: "DELETE" } => "may delete every row",
            { Using.IsTrue: true } => "may change every row",
            _ => "may change their own rows into anybody's",
        };
        yield return new Found(
            statement,
            table,
            $"Whoever acts as {roles} {may} of {table}: the condition of {name} is true.",
            context.AsWritten(
                $"CREATE POLICY {name} ON {policy.Table} FOR {policy.Command} TO {roles}"
                    + (policy.Command == "INSERT" ? "" : " USING (user_id = (SELECT auth.uid()))")
                    + (policy.Command == "DELETE" ? "" : " WITH CHECK (user_id = (SELECT auth.uid()))")
                    + ";"
            )
        );
    }

    private static string Role(string role) => role == "public" ? "PUBLIC" : ObjectName.Quoted(role);
}
