using System.Security.Cryptography;
using System.Text;
using LocalPostgres.Choosing;
using Npgsql;

namespace LocalPostgres.Clusters;

/// <summary>A data directory that <c>initdb</c> made, and the programs and the account that run it.</summary>
internal sealed class Cluster(Installation installation, ServerAccount account, string directory)
{
    public const string Superuser = "postgres";

    public Installation Installation => installation;
    public ServerAccount Account => account;

    /// <summary>Holds everything of this server: data, log, settings.</summary>
    public string Directory => directory;

    public string DataDirectory => Path.Combine(directory, "data");
    public string LogFile => Path.Combine(directory, "server.log");
    private string PidFile => Path.Combine(DataDirectory, "postmaster.pid");

    /// <summary>128 bits, in characters that need no quoting in a URI, a shell or a connection string.</summary>
    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <exception cref="UnavailableException">initdb failed; the reason is its own.</exception>
    public async Task InitialiseAsync(string password, bool sync, CancellationToken cancellationToken)
    {
        // Never on a command line, which every account can read.
        var passwordFile = Path.Combine(directory, "password.initdb");
        if (OperatingSystem.IsWindows())
            await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
        else
            await account.RunAsync(
                "/bin/sh",
                ["-c", "umask 077; cat >\"$1\"", "sh", passwordFile],
                password,
                cancellationToken
            );
        try
        {
            var initdb = await account.RunAsync(
                installation.Program("initdb"),
                [
                    "--pgdata",
                    DataDirectory,
                    "--username",
                    Superuser,
                    "--pwfile",
                    passwordFile,
                    "--auth",
                    "scram-sha-256",
                    "--encoding",
                    "UTF8",
                    "--locale",
                    Locale,
                    .. sync ? Array.Empty<string>() : ["--no-sync"],
                ],
                cancellationToken: cancellationToken
            );
            if (initdb.ExitCode != 0)
                throw new UnavailableException(
                    $"{installation.Program("initdb")} failed: {LastLines(initdb.StandardError)}"
                );
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <summary>Writes the settings the server starts with; earlier ones of the same file are replaced.</summary>
    public async Task ConfigureAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        const string fileName = "local-postgres.conf";
        var text = new StringBuilder();
        foreach (var (name, value) in settings)
        {
            if (!name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.'))
                throw new ArgumentException($"'{name}' is no name of a PostgreSQL setting.");
            text.Append(name).Append(" = '").Append(value.Replace("'", "''", StringComparison.Ordinal)).Append("'\n");
        }

        var include = $"include '{fileName}'";
        var main = Path.Combine(DataDirectory, "postgresql.conf");
        var own = Path.Combine(DataDirectory, fileName);
        await File.WriteAllTextAsync(own, text.ToString(), cancellationToken);
        if (!OperatingSystem.IsWindows()) // the account must be able to read what root wrote under a strict umask
            File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        if (!(await File.ReadAllTextAsync(main, cancellationToken)).Contains(include, StringComparison.Ordinal))
            await File.AppendAllTextAsync(main, $"\n{include}\n", cancellationToken);
    }

    public static NpgsqlConnectionStringBuilder ConnectionTo(int port, string password) =>
        new()
        {
            Host = "127.0.0.1",
            Port = port,
            Username = Superuser,
            Password = password,
            Database = "postgres",
        };

    /// <summary>What the server wrote into postmaster.pid, or null where there is no such file (no server, or not yet).</summary>
    public PidFile? ReadPidFile() => Clusters.PidFile.Read(PidFile);

    /// <summary>Starts the server and returns when it accepts connections.</summary>
    /// <exception cref="PortTakenException">Somebody else listens at its port.</exception>
    /// <exception cref="UnavailableException">It ended before it was ready; the reason is the end of its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var logged = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
        var exitCode = await account.RunDetachingAsync(
            installation.Program("pg_ctl"),
            ["start", "--pgdata", DataDirectory, "--log", LogFile, "--silent", "--wait", "--timeout", "60"],
            cancellationToken
        );
        if (exitCode == 0)
            return;
        var log = LogFrom(logged);
        if (log.Contains("could not bind", StringComparison.Ordinal))
            throw new PortTakenException();
        throw new UnavailableException($"the server in {DataDirectory} did not start: {LastLines(log)}");
    }

    /// <exception cref="InvalidOperationException">The server did not stop within the time.</exception>
    public async Task StopAsync(StopMode mode, TimeSpan limit, CancellationToken cancellationToken)
    {
        var stop = await account.RunAsync(
            installation.Program("pg_ctl"),
            [
                "stop",
                "--pgdata",
                DataDirectory,
                "--mode",
                mode.ToString().ToLowerInvariant(),
                "--wait",
                "--timeout",
                ((int)limit.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ],
            cancellationToken: cancellationToken
        );
        if (stop.ExitCode != 0 && ReadPidFile() is not null)
            throw new InvalidOperationException(
                $"The server in {DataDirectory} did not stop: {LastLines(stop.StandardError)}"
            );
    }

    private string LogFrom(long position)
    {
        if (!File.Exists(LogFile))
            return "it wrote no log";
        using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Min(position, log.Length);
        return new StreamReader(log).ReadToEnd();
    }

    private static string LastLines(string text) =>
        string.Join(
            " | ",
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(6)
        );

    // UTF-8 with code-point order, as cloud servers have it; the C library knows it by name on Linux only.
    private static string Locale => OperatingSystem.IsLinux() ? "C.UTF-8" : "C";
}
