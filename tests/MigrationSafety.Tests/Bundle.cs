using System.Diagnostics;
using System.Globalization;
using MigrationSafety.TestMigrations;

namespace MigrationSafety.Tests;

/// <summary>A process that migrates as a bundle does, built once with the tests.</summary>
internal static class Bundle
{
    private static readonly string Assembly = Path.Combine(
        AppContext.BaseDirectory,
        "MigrationSafety.TestMigrations.dll"
    );

    public static Process Start(
        string context,
        string connectionString,
        string? target,
        int killAt,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet"
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all =
        [
            Assembly,
            context,
            connectionString,
            .. target is null ? Array.Empty<string>() : [target],
            "--",
            "--allow-data-loss",
            .. arguments,
        ];
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        if (killAt > 0)
        {
            start.Environment[Faults.Variable] = killAt.ToString(CultureInfo.InvariantCulture);
        }

        return Process.Start(start)!;
    }

    public static async Task<BundleResult> RunAsync(
        string context,
        string connectionString,
        string? target = null,
        int killAt = 0,
        params string[] arguments
    )
    {
        using var process = Start(context, connectionString, target, killAt, arguments);
        return await EndAsync(process);
    }

    public static async Task<BundleResult> EndAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new BundleResult(process.ExitCode, await output, await error);
    }
}

/// <summary>How it ended.</summary>
internal sealed record BundleResult(int ExitCode, string Output, string Error);
