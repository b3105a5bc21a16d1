using System.Diagnostics;
using System.Globalization;
using Benchmarks.Measuring;
using Npgsql;

namespace Benchmarks.BlockedTime;

/// <summary>
/// An application: pgbench at a fixed arrival rate. Transactions are due whether or not earlier ones are through, and one that starts late
/// counts from when it was due.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly Process _pgbench;
    private readonly DirectoryInfo _directory;
    private readonly Task<string> _errors;
    private readonly Task<string> _output;

    private Load(Process pgbench, DirectoryInfo directory)
    {
        (_pgbench, _directory) = (pgbench, directory);
        _errors = pgbench.StandardError.ReadToEndAsync();
        _output = pgbench.StandardOutput.ReadToEndAsync();
    }

    public static async Task<Load> StartAsync(string bin, string connectionString, int rows, int rate)
    {
        var directory = Directory.CreateTempSubdirectory("benchmark-load-");
        foreach (var file in (string[])["change.sql", "open.sql"])
        {
            await File.WriteAllTextAsync(
                Path.Combine(directory.FullName, file),
                EmbeddedSql.Read($"BlockedTime/{file}")
            );
        }

        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        string[] arguments =
        [
            "--no-vacuum",
            "--client=48",
            "--jobs=1",
            "--protocol=prepared",
            $"--rate={rate.ToString(CultureInfo.InvariantCulture)}",
            "--time=3600",
            "--log",
            $"--log-prefix={Path.Combine(directory.FullName, "log")}",
            "--failures-detailed",
            $"--define=rows={rows.ToString(CultureInfo.InvariantCulture)}",
            $"--file={Path.Combine(directory.FullName, "change.sql")}@9",
            $"--file={Path.Combine(directory.FullName, "open.sql")}@1",
        ];
        var start = new ProcessStartInfo(Path.Combine(bin, "pgbench"), arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["PGDATABASE"] = connection.Database;
        return new Load(Process.Start(start)!, directory);
    }

    /// <summary>Ends it, and reads what it logged. What it wrote last is still in its memory and is not missed.</summary>
    public async Task<LoadLog> StopAsync()
    {
        if (_pgbench.HasExited)
        {
            throw new InvalidOperationException($"pgbench ended by itself: {await _errors}");
        }

        _pgbench.Kill();
        await _pgbench.WaitForExitAsync();
        await _output;
        var lines = _directory.GetFiles("log.*").SelectMany(file => File.ReadLines(file.FullName)).ToList();
        return LoadLog.Parse(lines, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_pgbench.HasExited)
        {
            _pgbench.Kill();
            await _pgbench.WaitForExitAsync();
        }

        _pgbench.Dispose();
        _directory.Delete(recursive: true);
    }
}
