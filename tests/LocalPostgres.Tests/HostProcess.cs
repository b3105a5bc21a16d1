using System.Diagnostics;

namespace LocalPostgres.Tests;

/// <summary>LocalPostgres.TestHost with an environment of its own.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    /// <param name="environment">Variables to set; null removes one.</param>
    /// <param name="launcher">A program that runs the host, such as setsid.</param>
    /// <param name="arguments">The host's own.</param>
    public HostProcess(
        IReadOnlyDictionary<string, string?> environment,
        string? launcher = null,
        params IEnumerable<string> arguments
    )
    {
        var dotnet =
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
                ? path
                : Path.Combine(RuntimeDirectory(), OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        string[] host = [dotnet, Path.Combine(AppContext.BaseDirectory, "LocalPostgres.TestHost.dll"), .. arguments];
        var all = launcher is null ? host : [launcher, .. host];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>Its server's connection string, when it has one.</summary>
    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync()
        ?? throw new InvalidOperationException($"The host ended before it had a server: {await _errors}");

    /// <summary>SIGKILL: it can do nothing any more.</summary>
    public void Kill() => _process.Kill();

    public async Task<(int ExitCode, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        return (_process.ExitCode, (await _errors).ReplaceLineEndings("\n").Trim());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static string RuntimeDirectory() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
}
