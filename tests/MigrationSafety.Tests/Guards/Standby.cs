using System.Diagnostics;
using System.Globalization;
using LocalPostgres;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>A real hot standby: a base backup of a running primary, which follows it.</summary>
internal sealed class Standby : IAsyncDisposable
{
    private readonly ServerAccount _account;
    private readonly string _pgCtl;
    private readonly string _directory;

    private Standby(ServerAccount account, string pgCtl, string directory, int port, string connectionString) =>
        (_account, _pgCtl, _directory, Port, ConnectionString) = (account, pgCtl, directory, port, connectionString);

    public int Port { get; }

    public string ConnectionString { get; }

    /// <summary>A server of its own, with pg_basebackup beside it. Skips the test, with the reason, where there is none.</summary>
    public static async Task<ThrowAwayServer> StartPrimaryAsync()
    {
        try
        {
            return await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { Exclusive = true, Kind = ServerKind.Binaries },
                TestContext.Current.CancellationToken
            );
        }
        catch (NoServerException e) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip($"A standby is made with PostgreSQL's own programs: {e.Message}");
            throw;
        }
    }

    public static async Task<Standby> StartAsync(ThrowAwayServer primary)
    {
        var account = ServerAccount.Find(Machine.Current);
        var directory = Directory.CreateTempSubdirectory("standby").FullName;
        await account.OwnAsync(directory, CancellationToken.None);
        var (port, pgCtl) = (FreePort.Pick(), Path.Combine(primary.BinDirectory!, "pg_ctl"));
        var data = Path.Combine(directory, "data");
        var connection = new NpgsqlConnectionStringBuilder(primary.ConnectionString);
        var standby = new Standby(
            account,
            pgCtl,
            directory,
            port,
            new NpgsqlConnectionStringBuilder(primary.ConnectionString)
            {
                Port = port,
                Pooling = false,
            }.ConnectionString
        );
        try
        {
            // In the backup's own settings -R writes how to follow; the password is in no command line.
            await RunAsync(
                account,
                Path.Combine(primary.BinDirectory!, "pg_basebackup"),
                connection.Password!,
                "-R",
                "--checkpoint=fast",
                "--no-sync",
                "-D",
                data,
                "-d",
                $"host=127.0.0.1 port={connection.Port} user={connection.Username}"
            );
            await RunAsync(
                account,
                pgCtl,
                connection.Password!,
                "start",
                "-s",
                "-w",
                "-D",
                data,
                "-l",
                Path.Combine(directory, "log"),
                "-o",
                string.Create(CultureInfo.InvariantCulture, $"-p {port} -c unix_socket_directories=")
            );
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes it a primary, as a failover does.</summary>
    public Task PromoteAsync() =>
        RunAsync(_account, _pgCtl, "", "promote", "-s", "-w", "-D", Path.Combine(_directory, "data"));

    public async ValueTask DisposeAsync()
    {
        var data = Path.Combine(_directory, "data");
        if (File.Exists(Path.Combine(data, "postmaster.pid")))
        {
            await RunAsync(_account, _pgCtl, "", "stop", "-s", "-w", "-m", "immediate", "-D", data);
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static async Task RunAsync(
        ServerAccount account,
        string program,
        string password,
        params string[] arguments
    )
    {
        var (file, all) = account.Command(program, arguments);
        // Not redirected: a server that pg_ctl starts would hold the pipe open.
        var start = new ProcessStartInfo(file) { WorkingDirectory = "/", Environment = { ["PGPASSWORD"] = password } };
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"{Path.GetFileName(program)} ended with {process.ExitCode}.");
    }
}
