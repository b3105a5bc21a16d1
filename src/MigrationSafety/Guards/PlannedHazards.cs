using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Diagnostics;
using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Hazards;
using MigrationSafety.Locking;
using MigrationSafety.Schema;
using Npgsql;

namespace MigrationSafety.Guards;

/// <summary>One hazard of a plan.</summary>
/// <param name="Finding">Where and what.</param>
/// <param name="Hazard">What is known of its kind.</param>
/// <param name="AcceptedBecause">The reason by which the migration accepts it, or null.</param>
internal sealed record PlannedHazard(Finding Finding, Hazard Hazard, string? AcceptedBecause)
{
    /// <summary>
    /// Whether it stops a run. What only costs later does not: that is said while the migration is written. On the way back what takes a
    /// moment counts, and what would be lost is counted by the guard of its own, on the live rows.
    /// </summary>
    public bool Refuses =>
        AcceptedBecause is null
        && Hazard.Group switch
        {
            HazardGroup.CostsForEver => false,
            HazardGroup.BlocksTheApplication or HazardGroup.LeavesAMess => true,
            _ => Finding.Where.Direction == nameof(MigrationDirection.Up),
        };
}

/// <summary>Looks for hazards in what is about to run, on the schema that the database has now.</summary>
internal static class PlannedHazards
{
    public static async ValueTask<IReadOnlyList<PlannedHazard>> ReadAsync(MigrationGuardContext context)
    {
        // What an earlier run began has to be finished: stopping half-way is worse than what it holds.
        var steps = context
            .Plan.Steps.Where(step =>
                !context.Unfinished.Any(u => u.MigrationId == step.Id && u.Direction == step.Direction)
            )
            .ToList();
        if (steps.Count == 0)
        {
            return [];
        }

        IReadOnlyList<string> schema;
        try
        {
            schema = await context
                .Session.QueryAsync(CatalogStatements.Query, r => r.GetString(0))
                .ConfigureAwait(false);
        }
        catch (PostgresException e) when (!LostConnection.Is(e) && !PatientLook.IsLockNotGiven(e))
        {
            // A catalog that cannot be read is no reason to stop a release that was reviewed before.
            context.Logger.HazardsUnknown(e.MessageText);
            return [];
        }

        var review = new HazardReview(new HazardOptions { PostgresVersion = context.Server.VersionNumber / 10000 });
        review.AddSchema(string.Join('\n', schema));
        var report = review.Review(steps.SelectMany(step => Scripts(context, step)));
        var running = steps.ToDictionary(step => step.Id, step => step.Direction);
        var hazards = HazardChecks.Hazards.ToDictionary(hazard => hazard.Id, StringComparer.Ordinal);
        var all = report
            .Findings.Select(finding => new PlannedHazard(finding, hazards[finding.Hazard], null))
            .Concat(report.Accepted.Select(a => new PlannedHazard(a.Finding, hazards[a.Finding.Hazard], a.Reason)))
            .Where(hazard => hazard.Finding.Where.Direction == running[hazard.Finding.Where.Migration!].ToString())
            // On the way back it is too late to correct one.
            .Concat(
                report
                    .Unmatched.Where(u =>
                        running[u.Where.Migration!] == MigrationDirection.Up && u.Where.Direction != "Down"
                    )
                    .Select(u => u.AsFinding())
                    .Select(finding => new PlannedHazard(finding, hazards[finding.Hazard], null))
            )
            .ToList();
        var spared = await SparedAsync(context, all).ConfigureAwait(false);
        return [.. all.Where(hazard => !IsSpared(hazard, spared))];
    }

    private static IEnumerable<HazardScript> Scripts(MigrationGuardContext context, PlannedMigration step)
    {
        var script = Script(context, step);
        yield return script;
        // An acceptance on the class may speak of the Down alone. Few migrations have one, so the others cost nothing.
        if (step.Direction == MigrationDirection.Up && script.Accepted.Count > 0 && step.ToRevert() is { } down)
        {
            yield return script with
            {
                Direction = nameof(MigrationDirection.Down),
                Commands = Commands(down),
            };
        }
    }

    private static HazardScript Script(MigrationGuardContext context, PlannedMigration step) =>
        // The last command is EF Core's own, into its history.
        new(Commands(step.Commands.Take(step.Commands.Count - 1)))
        {
            Migration = step.Id,
            Direction = step.Direction.ToString(),
            Accepted = context.Assembly.Migrations.TryGetValue(step.Id, out var type) ? AcceptedHazard.Of(type) : [],
        };

    private static IReadOnlyList<HazardCommand> Commands(IEnumerable<MigrationCommand> commands) =>
        [
            .. commands.Select(command => new HazardCommand(command.CommandText)
            {
                TransactionSuppressed = command.TransactionSuppressed,
                Line = 0,
            }),
        ];

    /// <summary>
    /// The named tables that are not there yet, which no release that runs now can know, and those without a row, for which nobody waits
    /// and in which nothing is lost.
    /// </summary>
    private static async ValueTask<(HashSet<string> Missing, HashSet<string> Empty)> SparedAsync(
        MigrationGuardContext context,
        IReadOnlyList<PlannedHazard> hazards
    )
    {
        string[] names =
        [
            .. hazards
                .Where(hazard => NeedsRows(hazard) || NeedsTable(hazard))
                .Select(hazard => hazard.Finding.Object)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal),
        ];
        var (missing, empty) = (
            new HashSet<string>(StringComparer.Ordinal),
            new HashSet<string>(StringComparer.Ordinal)
        );
        if (names.Length == 0)
        {
            return (missing, empty);
        }

        var known = await context
            .Session.QueryAsync(
                $"""
                SELECT name, c.oid IS NOT NULL, coalesce(
                    c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE'), false)
                FROM unnest({TextArray.Of(names.Length)}) AS name
                LEFT JOIN pg_class c ON c.oid = ({RelationOid.Of("name")})
                """,
                r => new
                {
                    Name = r.GetString(0),
                    Exists = r.GetBoolean(1),
                    MayBeRead = r.GetBoolean(2),
                },
                names
            )
            .ConfigureAwait(false);
        foreach (var table in known)
        {
            if (!table.Exists)
            {
                missing.Add(table.Name);
            }
            else if (
                table.MayBeRead
                && !await context
                    .Session.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM {table.Name})")
                    .ConfigureAwait(false)
            )
            {
                empty.Add(table.Name);
            }
        }

        return (missing, empty);
    }

    private static bool IsSpared(PlannedHazard hazard, (HashSet<string> Missing, HashSet<string> Empty) tables) =>
        hazard.Finding.Object is { } name
        && (
            (NeedsRows(hazard) && (tables.Missing.Contains(name) || tables.Empty.Contains(name)))
            || (NeedsTable(hazard) && tables.Missing.Contains(name))
        );

    private static bool NeedsRows(PlannedHazard hazard) =>
        hazard.Hazard.Group is HazardGroup.BlocksTheApplication or HazardGroup.LosesData;

    private static bool NeedsTable(PlannedHazard hazard) => hazard.Hazard.Group == HazardGroup.BreaksTheRunningRelease;
}
