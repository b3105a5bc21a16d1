using Data.Migrations.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>What adopting a database would do and what keeps it from being done.</summary>
/// <param name="Findings">Everything that was compared.</param>
/// <param name="Record">The migrations that are true already, and are recorded.</param>
/// <param name="Pending">The migrations that are left to the bundle.</param>
/// <param name="OldRunner">The files that the old runner recorded; null where it left no table.</param>
/// <param name="Kept">What differs and stays so.</param>
internal sealed record AdoptionPlan(
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<string> Record,
    IReadOnlyList<string> Pending,
    IReadOnlyList<string>? OldRunner,
    IReadOnlyList<SchemaDifference> Kept
)
{
    public IReadOnlyList<Finding> InTheWay => [.. Findings.Where(f => f.Verdict == Verdict.InTheWay)];

    /// <summary>Whether the bundle meets a pending migration that is older than a recorded one.</summary>
    public bool IsOutOfOrder =>
        Pending.Any(id =>
            AdoptedSchema.Tables.Any(t => t.Migration == id)
            && string.CompareOrdinal(id, Record.Max(StringComparer.Ordinal)) < 0
        );

    /// <summary>Makes the plan; reads only.</summary>
    /// <param name="connection">Open, in no transaction.</param>
    /// <param name="old">What is there.</param>
    /// <param name="known">All migrations of this build.</param>
    /// <param name="accepted">What may stay although it would stand in the way.</param>
    /// <param name="ct">Ends the work.</param>
    public static async Task<AdoptionPlan> MakeAsync(
        NpgsqlConnection connection,
        OldDatabase old,
        IReadOnlyList<string> known,
        Accepted accepted,
        CancellationToken ct
    )
    {
        // Whoever may not read the tables cannot count in them either: first things first.
        var rights = await MissingRights.FindAsync(connection, ct);
        if (rights.Any(f => f.Property == MissingRights.Ownership))
        {
            return new AdoptionPlan(rights, [], known, old.OldRunner, []);
        }

        var clashes = SchemaAdoption.Clashes(old.Schema);
        if (clashes.Count > 0)
        {
            return new AdoptionPlan(clashes, [], known, old.OldRunner, []);
        }

        var schema = new SchemaAdoption(old, accepted);
        await schema.CompareAsync(connection, ct);
        List<Finding> findings = [.. schema.Findings, .. rights, .. await MissingRights.LosersAsync(connection, ct)];
        // Where a column is missing, the questions about it cannot be asked.
        if (
            !findings.Any(f =>
                f.Verdict == Verdict.InTheWay && f.Property?.StartsWith("column ", StringComparison.Ordinal) == true
            )
        )
        {
            var samples = await SampleCredentials.FindAsync(connection, old.Tables, ct);
            findings.AddRange(
                accepted.HasFlag(Accepted.SampleData)
                    ? samples.Select(f => f with { Verdict = Verdict.Stays, Sql = null })
                    : samples
            );
        }

        var record = AdoptedSchema
            .Tables.Where(t => old.Tables.Contains(t.Table))
            .Select(t => t.Migration)
            .Prepend(AdoptedSchema.Functions)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return new AdoptionPlan(
            [.. findings.OrderBy(MendedAt)],
            record,
            [.. known.Where(id => !record.Contains(id, StringComparer.Ordinal))],
            old.OldRunner,
            schema.Kept
        );
    }

    // In the order in which the SQL has to run: what a type, a column or a key is made of comes before what stands on it, and an
    // index goes before the constraint that makes one of its name.
    private static int MendedAt(Finding finding) =>
        finding.Verdict != Verdict.InTheWay ? 6
        : finding.Property is null ? 0
        : finding.Property == "labels" || finding.Property.StartsWith("column ", StringComparison.Ordinal) ? 1
        : finding.Property.StartsWith("index ", StringComparison.Ordinal) ? 2
        : finding.IsForeignKey ? 4
        : finding.Property.StartsWith("constraint ", StringComparison.Ordinal) ? 3
        : 5;
}
