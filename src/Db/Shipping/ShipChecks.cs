using System.Text.RegularExpressions;
using Db.Linting;
using Db.Linting.Formats;
using MigrationSafety.Hazards;

namespace Db.Shipping;

/// <summary>
/// What a bundle would fail at later, asked before it is built and without a server: its rehearsal and its release compare the database with
/// the committed snapshot, and its own rails refuse a hazard that nobody has accepted.
/// </summary>
internal static partial class ShipChecks
{
    /// <summary>The checks, as <c>--accept</c> names them.</summary>
    public static IReadOnlyList<string> Ids { get; } = [Snapshot, Hazards];

    private const string Snapshot = "snapshot";
    private const string Hazards = "hazards";

    /// <summary>Looks.</summary>
    /// <param name="checkout">What is to be shipped.</param>
    /// <param name="accepted">Checks that may fail, each with its reason.</param>
    /// <param name="said">Told what was accepted.</param>
    /// <exception cref="RefusedException">The bundle could only fail.</exception>
    /// <exception cref="CouldNotRunException">This build does not know the newest migration.</exception>
    public static void Require(Checkout checkout, IReadOnlyDictionary<string, string> accepted, Action<string> said)
    {
        var problems = new[]
        {
            (Id: Snapshot, Problem: OfSnapshot(checkout)),
            (Id: Hazards, Problem: OfHazards(checkout)),
        }
            .Where(check => check.Problem is not null)
            .ToList();
        foreach (var (id, _) in problems.Where(check => accepted.ContainsKey(check.Id)))
        {
            said($"{id}: shipped all the same: {accepted[id]}");
        }

        var refused = problems.Where(check => !accepted.ContainsKey(check.Id)).ToList();
        if (refused.Count > 0)
        {
            throw new RefusedException(
                string.Join(
                    "\n\n",
                    refused
                        .Select(check => check.Problem)
                        .Append(
                            $"Nothing was built. To ship it all the same, with the reason: {string.Join(' ', refused.Select(check => $"--accept {check.Id}=\"…\""))}"
                        )
                )
            );
        }
    }

    /// <summary>Whether the snapshot was made before the newest migration; null where it was made after it.</summary>
    public static string? OfSnapshot(Checkout checkout)
    {
        var newest = NewestMigration(checkout);
        var made = File.Exists(checkout.Snapshot)
            ? SnapshotHeading.NewestIn(File.ReadAllText(checkout.Snapshot))
            : null;
        return newest is null || newest == made
            ? null
            : $"Data.Migrations/schema.snapshot {(made is null ? "does not say after which migration it was made" : $"was made after {made}")}, and the newest migration is {newest}: "
                + "`db snapshot` was not run after the migration was added. The bundle's rehearsal and its release would both fail at the schema. "
                + $"To do: {SnapshotHeading.RenewedBy}, commit what it writes, and ship again.";
    }

    /// <summary>The hazards that nobody has accepted, in the lint's words; null where there is none.</summary>
    public static string? OfHazards(LintOutcome outcome) =>
        outcome.Unaccepted.Any()
            ? LintText.Of(
                outcome with
                {
                    Subjects =
                    [
                        .. outcome.Subjects.Select(subject =>
                            subject with
                            {
                                Findings = [.. subject.Findings.Where(finding => finding.AcceptedBecause is null)],
                            }
                        ),
                    ],
                }
            )
                + "\nThe rails in the bundle refuse to run them. To do: change the migration, or accept the hazard in it, with a reason."
            : null;

    private static string? OfHazards(Checkout checkout)
    {
        if (NewestMigration(checkout) is { } newest && !Linter.Ids().Contains(newest))
        {
            throw new CouldNotRunException(
                $"This db was built before {newest} was added, and cannot look at it. To do: dotnet run --project src/Db -- ship"
            );
        }

        return OfHazards(
            new Linter(new HazardOptions()).Migrations(isLinted: _ => true, withDown: true, checkout.Directory)
        );
    }

    // By its file: this build may be older than the working copy.
    private static string? NewestMigration(Checkout checkout)
    {
        var folder = Path.Combine(checkout.Directory, "Data.Migrations", "Migrations");
        return Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, "*.cs")
                .Select(file => Path.GetFileNameWithoutExtension(file))
                .Where(name => MigrationId().IsMatch(name))
                .Max(StringComparer.Ordinal)
            : null;
    }

    [GeneratedRegex("^[0-9]{14}_[^.]+$")]
    private static partial Regex MigrationId();
}
