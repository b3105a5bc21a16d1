namespace Db.Releasing.Steps;

/// <summary>The steps of a release, in their order.</summary>
internal static class ReleaseSteps
{
    public static IReadOnlyList<IReleaseStep> All { get; } =
    [
        new PreflightStep(),
        new BackupStep(),
        new BaselineStep(),
        new NoticeStep(),
        new BundleStep(),
        new VerifyStep(),
        new PoliciesStep(),
        new QueriesStep(),
        new WatchStep(),
    ];
}
