namespace Db.Tests.Releasing;

/// <summary>What a test of one step gives so that the others stay out of its way.</summary>
internal static class ReleaseArguments
{
    /// <summary>Migrate, verify and prove the policies, and nothing else.</summary>
    public static string[] Alone { get; } = ["--watch", "0"];
}
