using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MigrationSafety.Arguments;

namespace MigrationSafety.Plan;

/// <summary>Writes a plan for people, or as JSON for machines.</summary>
internal static class PlanText
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    public static string Of(RunPlan plan, PlanOutput output) =>
        output == PlanOutput.Json ? JsonSerializer.Serialize(plan, Json) : ForPeople(plan);

    private static string ForPeople(RunPlan plan)
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Plan {plan.Digest} for {plan.Database}: {plan.Applied} {(plan.Applied == 1 ? "migration is" : "migrations are")} applied."
        );
        if (plan.Migrations.Count == 0)
        {
            text.AppendLine("Nothing to do.");
        }

        foreach (var migration in plan.Migrations)
        {
            text.AppendLine();
            text.Append(migration.Direction == "Up" ? "Apply " : "Revert ").Append(migration.Id);
            text.AppendLine(
                migration.ResumesAt > 0 ? $", from command {migration.ResumesAt + 1} on (interrupted before)" : ""
            );
            foreach (var transaction in migration.Transactions)
            {
                text.AppendLine(transaction.InTransaction ? "  in one transaction:" : "  outside of a transaction:");
                foreach (var statement in transaction.Statements)
                {
                    text.Append("    ").AppendLine(OneLine(statement.Sql));
                    if (statement.Note is not null)
                    {
                        text.Append("        ").AppendLine(statement.Note);
                    }

                    if (statement is { Lock: { } mode, Relation: { } relation, Rows: { } rows, Bytes: { } bytes })
                    {
                        text.Append(Line(new RunPlanLock(mode, relation, rows, bytes)))
                            .AppendLine(statement.Rewrites ? ", written anew" : "");
                    }

                    foreach (var further in statement.FurtherLocks)
                    {
                        text.AppendLine(Line(further));
                    }
                }
            }
        }

        if (plan.Hazards.Count > 0)
        {
            text.AppendLine().AppendLine("Hazards:");
            foreach (var hazard in plan.Hazards)
            {
                text.Append("  ")
                    .Append(hazard.Migration)
                    .Append(' ')
                    .Append(hazard.Direction)
                    .Append(": ")
                    .Append(hazard.Hazard)
                    .AppendLine(hazard.Object is null ? "" : $" on {hazard.Object}")
                    .Append("      ")
                    .AppendLine(
                        hazard.Accepted is { } reason ? $"accepted: {reason}"
                        : hazard.Refuses ? $"not accepted, the run is refused: {hazard.What}"
                        : $"does not stop the run: {hazard.What}"
                    );
            }
        }

        var limits = plan.Limits;
        text.AppendLine();
        text.AppendLine(
            $"Limits: waits for a lock {Time(limits.FirstLockTimeout)} at first and {Time(limits.LockTimeout)} at most, tries again for "
                + $"{Time(limits.LockWait)}; a statement may take {Time(limits.StatementTimeout)}, outside of a transaction "
                + $"{Time(limits.NonTransactionalTimeout)}; waits {Time(limits.RunnerWait)} for another run."
        );
        text.Append("Nothing was changed.");
        text.Append(
            plan switch
            {
                { Refused: null } => $"{Environment.NewLine}To run exactly this: -- --expect-plan {plan.Digest}",
                { AllowedBy: { } argument } =>
                    $"{Environment.NewLine}To run exactly this, although it is refused as said below: -- {argument} --expect-plan {plan.Digest}",
                // What would be pasted would be refused again.
                _ => "",
            }
        );
        return text.ToString();
    }

    private static string Line(RunPlanLock taken) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"        {taken.Lock} on {taken.Relation} (about {taken.Rows:N0} rows, {DiskSize.Text(taken.Bytes)})"
        );

    private static string OneLine(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 160 ? line[..159] + "…" : line;
    }

    private static string Time(long milliseconds) => Duration.Text(TimeSpan.FromMilliseconds(milliseconds));
}
