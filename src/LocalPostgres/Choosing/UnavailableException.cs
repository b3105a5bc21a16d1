namespace LocalPostgres.Choosing;

/// <summary>One way to a server is not open; the message is the reason, in one line, and the next way may be tried.</summary>
internal sealed class UnavailableException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
