using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>What to say when no session could be opened.</summary>
internal static class ConnectionFailure
{
    public static Failure Of(Exception exception, DatabaseDescription database) =>
        Innermost(exception) switch
        {
            PostgresException e => Answered(e, database),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new(
                "NoServer",
                $"No server answers at {database.Server}: the connection was refused.",
                null,
                "start the server, or correct host and port. To see whether one listens there: "
                    + $"pg_isready -h {database.Host} -p {database.Port}"
            ),
            SocketException
            {
                SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
            } => new(
                "UnknownHost",
                $"The host name \"{database.Host}\" is not known to this machine.",
                null,
                $"correct the host in the connection string, or look at name resolution here: getent hosts {database.Host}"
            ),
            SocketException
            {
                SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported
            } e when Directory.Exists(database.Host) => new(
                "NoServer",
                $"No server answers on the Unix socket in {database.Host}: {e.Message}.",
                null,
                "start the server, or correct the host."
            ),
            SocketException e => new(
                "NoServer",
                $"No server could be reached at {database.Server}: {e.Message}.",
                null,
                "look at the network, the firewall and the server's listen_addresses between this machine and the server."
            ),
            IOException => new(
                "ConnectionClosed",
                $"The connection to {database.Server} ended without a word from it.",
                null,
                "read in the server's log whether its process ended; else look at what is between this machine and the server."
            ),
            TimeoutException => new(
                "NoAnswer",
                $"{database.Server} did not answer within {database.TimeoutSeconds} s.",
                null,
                "a firewall that drops packets, a wrong address, or an overloaded server looks like this. Try from here: "
                    + $"pg_isready -h {database.Host} -p {database.Port}. A slow network needs 'Timeout=60' in the connection string."
            ),
            AuthenticationException e => new(
                "TlsFailed",
                $"The TLS handshake with {database.Server} failed: {e.Message}",
                null,
                "with sslmode=verify-full the certificate must be for this host name and its issuer must be trusted "
                    + "(sslrootcert names a file with the issuer's certificate)."
            ),
            NpgsqlException e when e.Message.Contains("unknown response", StringComparison.Ordinal) => new(
                "NotPostgreSQL",
                $"What listens at {database.Server} does not answer like PostgreSQL: {e.Message}",
                null,
                $"correct host and port. To see what listens there: pg_isready -h {database.Host} -p {database.Port}"
            ),
            NpgsqlException e when e.Message.Contains("SSL", StringComparison.Ordinal) => new(
                "TlsFailed",
                $"{database.Server} does not speak TLS as the connection string demands: {e.Message}",
                null,
                "set sslmode to what the server offers, or switch TLS on in the server (ssl = on)."
            ),
            NpgsqlException e when e.Message.Contains("password", StringComparison.OrdinalIgnoreCase) => new(
                "PasswordMissing",
                $"The server at {database.Server} asks {database.User} for a password, and none was given.",
                null,
                "put it into the connection string, PGPASSWORD, or the password file (~/.pgpass)."
            ),
            NpgsqlException e when e.Message.Contains("pool has been exhausted", StringComparison.Ordinal) => new(
                "TooManyConnections",
                "All connections of this process's own pool are in use.",
                null,
                "close contexts that are no longer used, or raise 'Maximum Pool Size' in the connection string."
            ),
            var e when LostConnection.IsNoHost(e) => new(
                "NoSuitableHost",
                $"None of the hosts {database.Server} is what 'Target Session Attributes' asks for.",
                null,
                "a primary answers no to SELECT pg_is_in_recovery(); ask each host. During a failover there is none for a while: run again when "
                    + "it is over."
            ),
            var e => new(
                "NoConnection",
                $"No connection to {database}: {e.Message}",
                null,
                "correct what the message names. -v shows the whole exception."
            ),
        };

    private static Failure Answered(PostgresException e, DatabaseDescription database) =>
        e.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword => new(
                "WrongPassword",
                $"The server at {database.Server} did not accept the password of {database.User} ({e.SqlState}).",
                null,
                "correct the password. In a URI, characters such as @ : / # must be percent-encoded (@ is %40)."
            ),
            PostgresErrorCodes.InvalidAuthorizationSpecification => new(
                "NotLetIn",
                $"The server at {database.Server} does not let {database.User} in: {e.MessageText} ({e.SqlState}).",
                null,
                e.MessageText.Contains("pg_hba", StringComparison.Ordinal)
                    ? "add a line for this user, database and address to pg_hba.conf and reload it (SELECT pg_reload_conf();). "
                        + "'no encryption' in the message means that the server asks for TLS: sslmode=require."
                    : $"correct the user, or create it: CREATE ROLE \"{database.User}\" LOGIN PASSWORD '…';"
            ),
            PostgresErrorCodes.InvalidCatalogName => DatabaseDoesNotExist(database),
            PostgresErrorCodes.InsufficientPrivilege => new(
                "PrivilegeMissing",
                $"{database.User} may not connect to \"{database.Database}\" at {database.Server}: {e.MessageText} ({e.SqlState}).",
                null,
                MissingPrivilege.ToDo(e, database.User, database.Database)
            ),
            PostgresErrorCodes.TooManyConnections => new(
                "TooManyConnections",
                $"The server at {database.Server} has no connection left: {e.MessageText} ({e.SqlState}).",
                null,
                "close idle sessions (SELECT pid, usename, application_name, state, state_change FROM pg_stat_activity ORDER BY state_change;), "
                    + "or run as a role with a reserved connection (superuser_reserved_connections)."
            ),
            PostgresErrorCodes.CannotConnectNow => new(
                "ServerNotReady",
                $"The server at {database.Server} is starting, stopping or recovering: {e.MessageText} ({e.SqlState}).",
                null,
                "wait until it accepts connections (pg_isready), then run again."
            ),
            PostgresErrorCodes.DiskFull => new(
                "DiskFull",
                $"No connection to {database}: {e.MessageText} ({e.SqlState}).",
                null,
                StatementFailure.DiskFullToDo
            ),
            // How PgBouncer says it depends on its version and on how it asks for passwords.
            PostgresErrorCodes.ProtocolViolation
                when e.MessageText.Contains("no such database", StringComparison.Ordinal)
                    || e.MessageText.Contains("bouncer config error", StringComparison.Ordinal) => new(
                "DatabaseDoesNotExist",
                $"The connection pooler at {database.Server} has no database \"{database.Database}\": {e.MessageText} ({e.SqlState}).",
                null,
                $"correct the name, or let the pooler know the database ([databases] in pgbouncer.ini: {database.Database} = host=… "
                    + $"dbname={database.Database}, then RELOAD; in its console), or connect to the server itself."
            ),
            _ when e.MessageText.Contains("unsupported startup parameter", StringComparison.Ordinal) => new(
                "PoolerPort",
                $"{database.Server} is a connection pooler, not the server: {e.MessageText}.",
                null,
                "use the server's own port, or the pooler's session mode (Supabase: port 5432 instead of 6543; Neon: the host without -pooler)."
            ),
            _ => new(
                "NoConnection",
                $"No connection to {database}: {e.MessageText} ({e.SqlState}).",
                null,
                e.Hint is { Length: > 0 } hint ? hint : "correct what the message names."
            ),
        };

    public static Failure DatabaseDoesNotExist(DatabaseDescription database) =>
        new(
            "DatabaseDoesNotExist",
            $"The database \"{database.Database}\" does not exist at {database.Server}. It is not created by itself: a mistyped name would "
                + "make an empty database, and the run would look like a success.",
            null,
            $"correct the name, or, if it is to be created, run again with: -- --create-database"
        );

    // Npgsql wraps: NpgsqlException → SocketException; NpgsqlException → AggregateException of each host → NpgsqlException → …
    private static Exception Innermost(Exception exception) =>
        exception switch
        {
            PostgresException => exception,
            AggregateException { InnerExceptions: [.., var last] } => Innermost(last),
            NpgsqlException { InnerException: { } inner } => Innermost(inner),
            InvalidOperationException { InnerException: NpgsqlException inner } => Innermost(inner),
            IOException { InnerException: SocketException inner } => inner,
            _ => exception,
        };
}
