using System.Globalization;
using Data.Migrations;
using Db.Databases;
using Microsoft.EntityFrameworkCore;
using MigrationSafety;
using Npgsql;

namespace Db.Adopting;

/// <summary>A plan, or why there is nothing to plan.</summary>
/// <param name="Plan">What is done, or would be; null where there is nothing to do.</param>
/// <param name="NothingToDo">Why, where there is nothing to do.</param>
/// <param name="Pending">The migrations that the database lacks.</param>
internal sealed record Adoption(AdoptionPlan? Plan, string? NothingToDo, IReadOnlyList<string> Pending)
{
    /// <summary>Says what adopting would do; reads only.</summary>
    public static async Task<Adoption> PlanAsync(NpgsqlConnection connection, Accepted accepted, CancellationToken ct)
    {
        var migrations = await Migrations.ReadAsync(connection, ct);
        if (await KeptDifferences.AdoptedAtAsync(connection, ct) is { } at)
        {
            return new Adoption(
                null,
                $"Nothing to do: this database was adopted on {at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.",
                migrations.Pending
            );
        }

        if (migrations.Applied.Count > 0 || migrations.Unknown.Count > 0)
        {
            return new Adoption(null, "Nothing to do: the migrations made this database.", migrations.Pending);
        }

        var old = await OldDatabase.ReadAsync(connection, ct);
        return old.Tables.Count == 0 && !old.HasFunctions
            ? new Adoption(
                null,
                "Nothing to do: none of our tables is there, so the migrations make all of them.",
                migrations.Pending
            )
            : new Adoption(
                await AdoptionPlan.MakeAsync(connection, old, migrations.Pending, accepted, ct),
                null,
                migrations.Pending
            );
    }

    /// <summary>Records what is true already, unless something is in the way.</summary>
    public static async Task<Adoption> AdoptAsync(string connectionString, Accepted accepted, CancellationToken ct)
    {
        await using var context = DesignTimeFactory.CreateFor(connectionString);
        Adoption? adoption = null;
        await context.Database.RecordAppliedMigrationsAsync(
            async (connection, token) =>
            {
                // Under the lock: no bundle can come between the look and the record.
                adoption = await PlanAsync(connection, accepted, token);
                return adoption.Plan is { InTheWay.Count: 0 } plan
                    ? new MigrationsToRecord(
                        plan.Record,
                        (own, ended) => KeptDifferences.RecordAsync(own, plan.Kept, ended)
                    )
                    : null;
            },
            ct
        );
        return adoption!;
    }
}
