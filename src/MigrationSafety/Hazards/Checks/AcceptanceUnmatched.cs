using MigrationSafety.Hazards.Review;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An acceptance that accepts nothing. The review itself tells it; see <see cref="HazardReport.Unmatched"/>.</summary>
internal sealed class AcceptanceUnmatched : HazardCheck
{
    public const string Id = "acceptance-unmatched";

    public override Hazard Hazard { get; } =
        new(
            Id,
            HazardGroup.LeavesAMess,
            "A hazard is accepted that is not there",
            "An acceptance speaks for one hazard in one place. Where the hazard is gone, or the id is mistyped, it would silently accept the next "
                + "one of that id that somebody writes there.",
            null,
            []
        );
}
