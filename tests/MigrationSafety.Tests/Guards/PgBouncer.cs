using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>A real PgBouncer in front of the test's server. Skips the test, with the reason, where none is installed.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private PgBouncer(Process process, string directory, int port, string connectionString) =>
        (_process, _directory, Port, ConnectionString) = (process, directory, port, connectionString);

    public int Port { get; }

    public string ConnectionString { get; }

    public static async Task<PgBouncer> StartAsync(string mode, string connectionString, string database = "*")
    {
        var program = new[]
        {
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/opt/homebrew/bin/pgbouncer",
        }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "pgbouncer is not installed (Debian: apt-get install pgbouncer).");
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var port = FreePort();
        var directory = Directory.CreateTempSubdirectory("pgbouncer").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111);
        }

        await File.WriteAllTextAsync(
            Path.Combine(directory, "pgbouncer.ini"),
            $"""
            [databases]
            {database} = host={server.Host} port={server.Port} user={server.Username} password={server.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            auth_type = any
            pool_mode = {mode}
            max_client_conn = 50
            ignore_startup_parameters = extra_float_digits,options
            unix_socket_dir =
            server_lifetime = 60
            """
        );
        var start = new ProcessStartInfo(program!) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (Environment.UserName == "root")
        {
            // PgBouncer refuses to run as root.
            start.FileName = "setpriv";
            foreach (var argument in new[] { "--reuid=nobody", "--regid=nogroup", "--clear-groups", program! })
            {
                start.ArgumentList.Add(argument);
            }
        }

        start.ArgumentList.Add(Path.Combine(directory, "pgbouncer.ini"));
        var process = Process.Start(start)!;
        server.Host = "127.0.0.1";
        server.Port = port;
        server.Pooling = false;
        var pooler = new PgBouncer(process, directory, port, server.ConnectionString);
        var errors = process.StandardError.ReadToEndAsync();
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return pooler;
            }
            catch (SocketException) when (!process.HasExited)
            {
                await Task.Delay(20);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException("pgbouncer ended: " + await errors);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return int.Parse(listener.LocalEndpoint.ToString()!.Split(':')[1], CultureInfo.InvariantCulture);
    }
}
