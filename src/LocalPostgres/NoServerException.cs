namespace LocalPostgres;

/// <summary>
/// No server could be started or reached. The message says what was tried, why each way failed, and what to do; it is
/// meant to be shown as it is, without a stack trace.
/// </summary>
public sealed class NoServerException : Exception
{
    internal NoServerException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <summary>One line for each way that was tried: its name and why it failed.</summary>
    public IReadOnlyList<string> Reasons { get; internal init; } = [];
}
