using System.Collections.Concurrent;
using CliWrap;
using LocalPostgres.Choosing;

namespace Db.Backups;

/// <summary>Runs pg_dump and pg_restore, and ends them where this process is interrupted.</summary>
internal static class PgProcess
{
    // They cancel their statements on the server and end their workers by themselves when asked to; killed, they could not.
    private static readonly TimeSpan _timeToEnd = TimeSpan.FromSeconds(10);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments; no secret may be among them.</param>
    /// <param name="environment">The connection, as variables.</param>
    /// <param name="line">Told each line that it says.</param>
    /// <param name="started">Told the mark of the process.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The exit code and what it said.</returns>
    public static async Task<PgOutcome> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string?> environment,
        Action<string> line,
        Action<string>? started = null,
        CancellationToken ct = default
    )
    {
        ct.ThrowIfCancellationRequested();
        using var kill = new CancellationTokenSource();
        await using var ending = ct.Register(() => kill.CancelAfter(_timeToEnd));
        var errors = new ConcurrentQueue<string>();
        var output = new ConcurrentQueue<string>();
        var running = Cli.Wrap(program)
            .WithArguments(arguments)
            .WithEnvironmentVariables(environment)
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(output.Enqueue))
            .WithStandardErrorPipe(
                PipeTarget.ToDelegate(text =>
                {
                    errors.Enqueue(text);
                    // Verbose programs say a line for each object.
                    while (errors.Count > 200)
                    {
                        errors.TryDequeue(out _);
                    }

                    line(text);
                })
            )
            .ExecuteAsync(kill.Token, ct);
        started?.Invoke(MarkOf(running.ProcessId));
        try
        {
            var result = await running;
            return new PgOutcome(result.ExitCode, [.. errors], [.. output]);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(ct);
        }
    }

    private static string MarkOf(int processId)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            return new ProcessMark(Environment.MachineName, processId, process.StartTime.ToUniversalTime()).ToString();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended already.
            return new ProcessMark(Environment.MachineName, processId, DateTimeOffset.UtcNow).ToString();
        }
    }
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 for well.</param>
/// <param name="Said">The last lines of its standard error.</param>
/// <param name="Output">The lines of its standard output.</param>
internal sealed record PgOutcome(int ExitCode, IReadOnlyList<string> Said, IReadOnlyList<string> Output)
{
    /// <summary>Its complaints, without its name, each once; how it ended where it made none.</summary>
    public string Errors
    {
        get
        {
            var lines = Said.SkipWhile(text => !IsComplaint(text))
                .Where(text => IsComplaint(text) || !text.StartsWith("pg_", StringComparison.Ordinal))
                .Select(text =>
                    text.StartsWith("pg_", StringComparison.Ordinal) ? text[(text.IndexOf(':') + 2)..] : text
                )
                .Distinct()
                .ToList();
            return lines.Count > 0 ? string.Join(Environment.NewLine + "  ", lines)
                : ExitCode > 128 ? $"it was ended by signal {ExitCode - 128}"
                : $"it ended with exit code {ExitCode} and said nothing";
        }
    }

    /// <summary>Whether one of its complaints holds the text.</summary>
    public bool Complains(string text) => Said.Any(line => line.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static bool IsComplaint(string text) =>
        text.Contains(": error: ", StringComparison.Ordinal)
        || text.Contains(": fatal: ", StringComparison.Ordinal)
        || text.Contains(": detail: ", StringComparison.Ordinal)
        || text.Contains(": hint: ", StringComparison.Ordinal);
}
