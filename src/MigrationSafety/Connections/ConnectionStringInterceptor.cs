using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MigrationSafety.Connections;

/// <summary>
/// Lets EF Core take a <c>postgresql://</c> URI wherever it takes a connection string, <c>--connection</c> of the bundle
/// and of <c>dotnet ef database update</c> included. EF hands that option over after the context was made, so the first
/// place that sees it is the creation of the connection; EF creates connections synchronously on every path.
/// </summary>
public sealed class ConnectionStringInterceptor : DbConnectionInterceptor
{
    private readonly Func<string, string?>? _environment;

    /// <summary>Makes an interceptor that only translates: the context's own connection string counts.</summary>
    public ConnectionStringInterceptor() { }

    private ConnectionStringInterceptor(Func<string, string?> environment) => _environment = environment;

    /// <summary>
    /// Makes an interceptor that also decides by <see cref="DatabaseUrl"/>: the environment's variables first, then the
    /// context's connection string as <c>--connection</c>, and a refusal where they disagree. For design-time factories;
    /// their context can be made without any connection string, and nothing is read before a connection is wanted.
    /// </summary>
    /// <param name="environment">Looks a variable up; the process's environment when left out.</param>
    public static ConnectionStringInterceptor FromEnvironment(Func<string, string?>? environment = null) =>
        new(environment ?? Environment.GetEnvironmentVariable);

    /// <inheritdoc />
    public override InterceptionResult<DbConnection> ConnectionCreating(
        ConnectionCreatingEventData eventData,
        InterceptionResult<DbConnection> result
    )
    {
        ArgumentNullException.ThrowIfNull(eventData);
        if (eventData.Context is not { } context)
        {
            return result;
        }

        var given = context.Database.GetConnectionString();
        var wanted = Wanted(given);
        if (wanted is not null && wanted != given)
        {
            // Set rather than supplied as a connection: the provider goes on to create it with its own call-backs, and
            // everything that later asks the context for its connection string gets one that Npgsql can read.
            context.Database.SetConnectionString(wanted);
        }

        return result;
    }

    private string? Wanted(string? given)
    {
        if (_environment is null)
        {
            return given is null ? null
                : IsUri(given) ? PostgresConnectionString.Parse(given).KeyValue
                : given;
        }

        var found = DatabaseUrl.Resolve(_environment, given);
        if (found is { Connection.Database: null })
        {
            // PostgreSQL would take the database named like the user, such as "postgres", and the run would look like a success.
            throw new ConnectionStringException(
                $"{found.Source}: it names no database ({found.Connection}). Nothing was run. Put the name behind the host, as in "
                    + "postgresql://user:password@host:5432/database (Npgsql's form: Database=…)."
            );
        }

        return found is { } named
            ? named.Source == DatabaseUrl.Option && !IsUri(given!)
                ? given
                : named.Connection.KeyValue
            : throw new ConnectionStringException(DatabaseUrl.NothingNamed);
    }

    // Npgsql's own form is left to Npgsql where only a translation is asked for.
    private static bool IsUri(string text) =>
        text.AsSpan().TrimStart().StartsWith("postgres", StringComparison.OrdinalIgnoreCase);
}
