namespace Db.Bundles;

/// <summary>What a bundle says that it would do.</summary>
/// <param name="Digest">Names exactly this plan.</param>
/// <param name="Migrations">What would be reverted or applied, in order.</param>
/// <param name="Refused">Why it would be refused; null where it would run.</param>
internal sealed record BundlePlan(string Digest, IReadOnlyList<BundlePlanMigration> Migrations, string? Refused)
{
    /// <summary>The hazards in it, accepted ones too; none where the bundle's rails do not tell them.</summary>
    public IReadOnlyList<BundlePlanHazard> Hazards { get; init; } = [];

    /// <summary>What its way forward takes away with what is in it: a way back makes the column again, and it is empty.</summary>
    public IReadOnlyList<BundlePlanHazard> Removed =>
        [.. Hazards.Where(hazard => hazard.Direction == "Up" && Removing.Contains(hazard.Hazard)).Distinct()];

    private static readonly string[] Removing =
    [
        "drop-column",
        "drop-table",
        "drop-schema",
        "drop-cascade",
        "truncate-table",
        "truncate-cascade",
        "delete-without-where",
        "narrowing-conversion",
    ];
}

/// <summary>One hazard of a plan.</summary>
/// <param name="Migration">The migration's id.</param>
/// <param name="Direction">Up or Down.</param>
/// <param name="Hazard">Its id.</param>
/// <param name="Object">The table or other object; null where it is about none.</param>
internal sealed record BundlePlanHazard(string? Migration, string? Direction, string Hazard, string? Object)
{
    /// <inheritdoc />
    public override string ToString() => Object is { } name ? $"{name} ({Hazard})" : Hazard;
}

/// <summary>One migration of a plan.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Direction">Up or Down.</param>
internal sealed record BundlePlanMigration(string Id, string Direction);
