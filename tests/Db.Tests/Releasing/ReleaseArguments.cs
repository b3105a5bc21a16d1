namespace Db.Tests.Releasing;

/// <summary>What a test of one step gives so that the others stay out of its way.</summary>
internal static class ReleaseArguments
{
    /// <summary>Migrate and look at what came of it, without what takes long or belongs before.</summary>
    public static string[] Alone { get; } = [.. Without("preflight"), .. Without("backup"), "--watch", "0"];

    /// <summary>The whole of it, except that nobody rehearsed or reviewed.</summary>
    public static string[] Whole { get; } =
    [
        "--watch",
        "1s",
        "--accept",
        "restorable=another test's matter",
        "--accept",
        "rehearsed=another test's matter",
        "--accept",
        "reviewed=another test's matter",
    ];

    private static string[] Without(string step) => ["--without", $"{step}=another test's matter"];
}
