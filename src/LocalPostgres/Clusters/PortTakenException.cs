namespace LocalPostgres.Clusters;

/// <summary>The server could not listen at its port: somebody else does.</summary>
internal sealed class PortTakenException() : Exception("Somebody else listens at the server's port.");
