using MigrationSafety.Hazards.Review;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An index that nothing has used. Only a live database knows; see <see cref="UnusedIndexes"/>.</summary>
internal sealed class UnusedIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            UnusedIndexes.Id,
            HazardGroup.CostsForEver,
            "An index that nothing uses",
            "PostgreSQL counts how often each index was used. One that was not used since the counting began, on a server that has seen all of the "
                + "application's work, is written at each change of a row for nothing. Look at the replicas as well, which count for "
                + "themselves, and at jobs that run once a month, before dropping it.",
            null,
            []
        );
}
