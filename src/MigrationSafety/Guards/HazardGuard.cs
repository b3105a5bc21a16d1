using System.Text;
using MigrationSafety.Diagnostics;
using MigrationSafety.Hazards;

namespace MigrationSafety.Guards;

/// <summary>Refuses migrations with hazards that nobody has accepted, before any of their SQL runs.</summary>
internal sealed class HazardGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        if (context.Options.Hazards == HazardPolicy.Ignore)
        {
            return null;
        }

        var found = (await PlannedHazards.ReadAsync(context).ConfigureAwait(false))
            .Where(hazard => hazard.Refuses)
            .ToList();
        if (found.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (var migration in found.GroupBy(hazard => hazard.Finding.Where.Migration))
        {
            text.Append("\n\n").Append(migration.Key).Append(":\n");
            foreach (var hazard in migration)
            {
                text.Append('\n').Append(FindingText.Of(hazard.Finding, hazard.Hazard));
            }
        }

        var list = text.ToString().TrimEnd();
        var holds =
            $"What is to run on {context.Database} holds {(found.Count == 1 ? "a hazard" : $"{found.Count} hazards")} that nobody has accepted";
        if (context.Options.Hazards == HazardPolicy.Report)
        {
            context.Logger.Hazards(holds, list);
            return null;
        }

        return new Failure(
            "Hazard",
            $"{holds}:{list}",
            null,
            "change the migration as it is written there, or accept the hazard with its reason on the migration's class, and build again. To run "
                + "it as it is, this once: -- --allow-hazards"
        )
        {
            AllowedBy = "--allow-hazards",
        };
    }
}
