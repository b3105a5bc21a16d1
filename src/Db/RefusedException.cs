namespace Db;

/// <summary>A command that would do harm, or was not confirmed. Exit code 1; the message is complete.</summary>
internal sealed class RefusedException(string message) : Exception(message);

/// <summary>A command that cannot run where it stands. Exit code 2; the message is complete.</summary>
internal sealed class CouldNotRunException(string message) : Exception(message);
