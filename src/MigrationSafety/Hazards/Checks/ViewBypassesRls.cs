using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A view in a served schema that reads with its owner's rights.</summary>
internal sealed class ViewBypassesRls : HazardCheck
{
    private const string Served = """
        CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);
        ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
        CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        """;

    public override Hazard Hazard { get; } =
        new(
            "view-bypasses-rls",
            HazardGroup.OpensADoor,
            "A view that reads past row-level security",
            "A view reads its tables with the rights of whoever made it, and row-level security does not hold the owner of a table back. A view "
                + "in a schema that an API serves therefore shows every row to everybody who may read the view. With security_invoker the view "
                + "reads with the caller's rights, and the policies count.",
            null,
            [
                new HazardExample(
                    Served,
                    "CREATE VIEW my_invoices AS SELECT id, user_id FROM invoices;",
                    "CREATE VIEW my_invoices WITH (security_invoker = true) AS SELECT id, user_id FROM invoices;"
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        if (!context.IsServed())
        {
            yield break;
        }

        foreach (var view in context.Schema.Views.Values.OrderBy(v => v.Name.ToString(), StringComparer.Ordinal))
        {
            var opened = context.Last<AlterTable>(alter =>
                context.Schema.Resolve(alter.Name) == view.Name
                && alter.Actions.OfType<SetOptions>().Any(set => set.Options.ContainsKey("security_invoker"))
            );
            if (
                !(context.IsMadeHere(view.CreatedIn) || opened is not null)
                || !context.IsExposed(view.Name)
                || (!view.IsMaterialized && AsksCaller(view.Options))
                || context.IsClosed(view.Name)
                // Not granted by default anywhere but where default privileges do so: told where somebody is let in.
                || (view.IsMaterialized && !IsGranted(context, view.Name))
            )
            {
                continue;
            }

            var origin = opened ?? context.Last<CreateView>(create => context.Schema.Resolve(create.Name) == view.Name);
            if (origin is null)
            {
                continue;
            }

            var shown = context.Shown(view.Name);
            yield return new Found(
                origin,
                shown,
                $"{shown} reads its tables as its owner: whoever may read the view sees every row, whatever the tables' policies say.",
                context.AsWritten(
                    view.IsMaterialized
                        ? $"REVOKE ALL ON TABLE {view.Name} FROM PUBLIC, anon, authenticated;"
                        : $"ALTER VIEW {view.Name} SET (security_invoker = true);"
                )
            );
        }
    }

    private static bool AsksCaller(IReadOnlyDictionary<string, string> options) =>
        options.TryGetValue("security_invoker", out var value)
        && value.Trim('\'').ToLowerInvariant() is "" or "true" or "on" or "1" or "yes";

    private static bool IsGranted(HazardContext context, ObjectName view) =>
        context.Schema.Grants.Any(g =>
            !g.IsRevoke && Exposure.Concerns(g, view) && g.Grantees.Intersect(context.Options.ApiRoles).Any()
        );
}
