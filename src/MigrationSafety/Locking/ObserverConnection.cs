using Npgsql;

namespace MigrationSafety.Locking;

/// <summary>A second, short-lived session to the same database, to look at the first one from outside.</summary>
internal static class ObserverConnection
{
    public static async Task<NpgsqlConnection> OpenAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        // CloneWith keeps the password, which ConnectionString no longer shows once the connection was opened.
        var observer = (NpgsqlConnection)((ICloneable)connection).Clone();
        try
        {
            await observer.OpenAsync(cancellationToken).ConfigureAwait(false);
            return observer;
        }
        catch
        {
            await observer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
