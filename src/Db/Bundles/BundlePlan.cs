namespace Db.Bundles;

/// <summary>What a bundle says that it would do.</summary>
/// <param name="Digest">Names exactly this plan.</param>
/// <param name="Migrations">What would be reverted or applied, in order.</param>
/// <param name="Refused">Why it would be refused; null where it would run.</param>
internal sealed record BundlePlan(string Digest, IReadOnlyList<BundlePlanMigration> Migrations, string? Refused);

/// <summary>One migration of a plan.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Direction">Up or Down.</param>
internal sealed record BundlePlanMigration(string Id, string Direction);
