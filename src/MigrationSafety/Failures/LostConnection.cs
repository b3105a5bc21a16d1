using System.Net.Sockets;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>Tells whether an exception means that the session is gone, so that its transaction is rolled back and its locks are free.</summary>
internal static class LostConnection
{
    public static bool Is(Exception exception) =>
        exception switch
        {
            // admin_shutdown, crash_shutdown, cannot_connect_now (starting or shutting down), idle_session_timeout, and class 08; but 08P01 is
            // how poolers refuse what they do not allow.
            PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "57P05" } => true,
            PostgresException { SqlState: ['0', '8', ..] and not PostgresErrorCodes.ProtocolViolation } => true,
            PostgresException => false,
            NpgsqlException { InnerException: IOException or SocketException } => true,
            // Of several hosts none is the primary, as long as a failover lasts.
            NpgsqlException when IsNoHost(exception) => true,
            NpgsqlException { InnerException: null } => exception.Message.Contains(
                "broken",
                StringComparison.OrdinalIgnoreCase
            ),
            ObjectDisposedException => true,
            InvalidOperationException => exception.Message.Contains("Connection is not open", StringComparison.Ordinal),
            _ => false,
        };

    /// <summary>Whether none of several hosts answers, or is what Target Session Attributes asks for.</summary>
    public static bool IsNoHost(Exception exception) =>
        exception is NpgsqlException && exception.Message.Contains("suitable host", StringComparison.Ordinal);
}
