using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using MigrationSafety.Connections;

namespace Db.Rehearsing;

/// <summary>Runs a bundle against the scratch server, and against nothing else.</summary>
/// <param name="path">The bundle.</param>
/// <param name="url">The scratch database, password included: it travels in the environment.</param>
internal sealed partial class BundleProcess(string path, string url)
{
    // It cancels its statement, rolls back and says so when it is interrupted.
    private static readonly TimeSpan _timeToEnd = TimeSpan.FromSeconds(15);

    // What a deployment's environment may hold and would lead it elsewhere, or make it another one.
    private static readonly string[] _cleared =
    [
        DatabaseUrl.ApplicationVariable,
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGDATABASE",
        "PGUSER",
        "PGPASSWORD",
        "PGSERVICE",
        "PGOPTIONS",
        "PGSSLMODE",
        "PGSSLCERT",
        "PGSSLKEY",
        "PGSSLROOTCERT",
        "PGTARGETSESSIONATTRS",
    ];

    /// <summary>SHA-256 of a file.</summary>
    public static async Task<string> Sha256Async(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
    }

    /// <summary>What it would do, as its own plan says.</summary>
    /// <exception cref="CouldNotRunException">It says no plan.</exception>
    public async Task<BundlePlan> PlanAsync(CancellationToken ct)
    {
        var run = await RunAsync(["--", "--plan=json"], null, ct);
        var said = string.Join('\n', run.Lines.Where(line => !line.IsError).Select(line => line.Text));
        var start = said.IndexOf('{', StringComparison.Ordinal);
        var end = said.LastIndexOf('}');
        try
        {
            if (start >= 0 && end > start)
            {
                return JsonSerializer.Deserialize<BundlePlan>(said[start..(end + 1)], JsonSerializerOptions.Web)!;
            }
        }
        catch (JsonException)
        {
            // It said something else: that is shown.
        }

        throw new CouldNotRunException(
            $"{path} did not say its plan (-- --plan=json, exit code {run.ExitCode}). Is it a bundle of this project, with the rails in it? "
                + $"It said:{Environment.NewLine}{run.Said}"
        );
    }

    /// <summary>Runs it.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="line">Told each line, when it comes.</param>
    /// <param name="ct">Interrupts it, and waits for it to roll back.</param>
    public async Task<BundleRun> RunAsync(
        IReadOnlyList<string> arguments,
        Action<BundleLine>? line,
        CancellationToken ct
    )
    {
        ct.ThrowIfCancellationRequested();
        var lines = new List<BundleLine>();
        var clock = Stopwatch.StartNew();
        using var kill = new CancellationTokenSource();
        await using var ending = ct.Register(() => kill.CancelAfter(_timeToEnd));
        var command = Cli.Wrap(path)
            .WithArguments(arguments)
            .WithEnvironmentVariables(set =>
            {
                foreach (var name in _cleared)
                {
                    set.Set(name, null);
                }

                set.Set(DatabaseUrl.MigrateVariable, url);
            })
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(text => Take(text, isError: false)))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(text => Take(text, isError: true)));
        try
        {
            var result = await command.ExecuteAsync(kill.Token, ct);
            ct.ThrowIfCancellationRequested();
            return new BundleRun(result.ExitCode, clock.Elapsed, lines);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CouldNotRunException($"{path} cannot be run: {e.Message}");
        }

        void Take(string text, bool isError)
        {
            var taken = new BundleLine(clock.Elapsed, text, isError);
            lock (lines)
            {
                lines.Add(taken);
            }

            line?.Invoke(taken);
        }
    }

    /// <summary>The id in <c>Applying migration '20261122153900_ApiKeys'.</c>; null for another line.</summary>
    public static string? Beginning(string line) =>
        BeginningText().Match(line) is { Success: true } match ? match.Groups["id"].Value : null;

    [GeneratedRegex("^(?:Applying|Reverting) migration '(?<id>[^']+)'")]
    private static partial Regex BeginningText();
}

/// <summary>A line that a bundle wrote.</summary>
/// <param name="At">How long after its start.</param>
/// <param name="Text">The line.</param>
/// <param name="IsError">It went to standard error.</param>
internal sealed record BundleLine(TimeSpan At, string Text, bool IsError);

/// <summary>A run of a bundle.</summary>
/// <param name="ExitCode">0 for well.</param>
/// <param name="Took">From start to end.</param>
/// <param name="Lines">What it said.</param>
internal sealed record BundleRun(int ExitCode, TimeSpan Took, IReadOnlyList<BundleLine> Lines)
{
    public string Said => string.Join(Environment.NewLine, Lines.Select(line => line.Text)).Trim();
}

/// <summary>What is read of a bundle's plan.</summary>
internal sealed record BundlePlan(
    string Digest,
    int Applied,
    IReadOnlyList<PlannedByBundle> Migrations,
    string? Refused
);

/// <summary>A migration of a plan.</summary>
internal sealed record PlannedByBundle(string Id, string Direction);
