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
            NpgsqlException { InnerException: null } => exception.Message.Contains(
                "broken",
                StringComparison.OrdinalIgnoreCase
            ),
            ObjectDisposedException => true,
            InvalidOperationException => exception.Message.Contains("Connection is not open", StringComparison.Ordinal),
            _ => false,
        };
}
