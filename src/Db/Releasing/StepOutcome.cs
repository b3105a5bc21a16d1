namespace Db.Releasing;

/// <summary>How a step of a release ended.</summary>
internal enum StepOutcome
{
    /// <summary>Done, and checked.</summary>
    Passed,

    /// <summary>Done, with something that a person should look at.</summary>
    Warned,

    /// <summary>Not done, or what it found is wrong. The release ends here.</summary>
    Failed,

    /// <summary>Left out, with a reason.</summary>
    Skipped,

    /// <summary>Ended by Ctrl-C, SIGTERM, SIGHUP, or with the tool itself.</summary>
    Interrupted,
}
