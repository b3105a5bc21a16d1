namespace MigrationSafety.Connections;

/// <summary>
/// A connection string that cannot be used, or that must not be. The message is complete: it names the parameter and
/// what is allowed, and never holds a password or any text that might be part of one.
/// </summary>
public sealed class ConnectionStringException : Exception
{
    /// <summary>Makes an exception that reports one or more problems, one line each.</summary>
    /// <param name="problems">One complete sentence for each problem, free of secrets. At least one.</param>
    public ConnectionStringException(params IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One line for each problem found, in the order in which they stand in the connection string.</summary>
    public IReadOnlyList<string> Problems { get; }
}
