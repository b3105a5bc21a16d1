namespace Db.Linting.Formats;

/// <summary>Who reads the outcome.</summary>
internal enum LintFormat
{
    /// <summary>A person.</summary>
    Text,

    /// <summary>A program.</summary>
    Json,

    /// <summary>Code scanning: SARIF 2.1.0.</summary>
    Sarif,

    /// <summary>GitHub Actions, which shows each finding beside its line.</summary>
    GitHub,

    /// <summary>A build server's list of tests: JUnit's XML.</summary>
    JUnit,
}
