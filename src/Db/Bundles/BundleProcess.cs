using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using MigrationSafety.Connections;

namespace Db.Bundles;

/// <summary>Runs a bundle as a process against one database.</summary>
internal sealed partial class BundleProcess
{
    // It cancels its statement, rolls back and says so when it is interrupted. What nobody needs may end sooner.
    private static readonly TimeSpan _timeToEnd = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _timeToEndOnScratch = TimeSpan.FromSeconds(15);

    // What a deployment's environment may hold, and what would lead a bundle from a scratch server to another one.
    private static readonly string[] _leadingElsewhere =
    [
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGDATABASE",
        "PGUSER",
        "PGPASSWORD",
        "PGPASSFILE",
        "PGSERVICE",
        "PGOPTIONS",
        "PGSSLMODE",
        "PGSSLCERT",
        "PGSSLKEY",
        "PGSSLROOTCERT",
        "PGTARGETSESSIONATTRS",
    ];

    private readonly BundleFile _file;
    private readonly PostgresConnectionString _database;
    private readonly bool _isScratch;

    internal BundleProcess(BundleFile file, PostgresConnectionString database, bool isScratch) =>
        (_file, _database, _isScratch) = (file, database, isScratch);

    /// <inheritdoc cref="BundleFile.Path" />
    public string Path => _file.Path;

    /// <inheritdoc cref="BundleFile.Command" />
    public string Command => _file.Command;

    /// <inheritdoc cref="BundleFile.Digest" />
    public string Digest => _file.Digest;

    /// <inheritdoc cref="BundleFile.IsUnchangedAsync" />
    public Task<bool> IsUnchangedAsync(CancellationToken ct) => _file.IsUnchangedAsync(ct);

    /// <summary>What it would do now.</summary>
    /// <param name="railsArguments">Arguments for the rails.</param>
    /// <param name="ct">Interrupts it.</param>
    /// <param name="target">The migration to go to; null for the newest.</param>
    /// <exception cref="CouldNotRunException">It said nothing that is a plan.</exception>
    public async Task<BundlePlan> PlanAsync(
        IReadOnlyList<string> railsArguments,
        CancellationToken ct,
        string? target = null
    )
    {
        var run = await RunAsync(
            [.. target is null ? Array.Empty<string>() : [target], "--", "--plan=json", .. railsArguments],
            null,
            ct
        );
        var said = string.Join('\n', run.Lines.Where(line => !line.IsError).Select(line => line.Text));
        var start = said.IndexOf('{', StringComparison.Ordinal);
        var end = said.LastIndexOf('}');
        try
        {
            if (
                start >= 0
                && end > start
                && JsonSerializer.Deserialize<BundlePlan>(said[start..(end + 1)], JsonSerializerOptions.Web)
                    is { Digest: not null, Migrations: not null } plan
            )
            {
                return plan;
            }
        }
        catch (JsonException)
        {
            // It said something else: that is shown.
        }

        // Only the rails say what to do.
        var doubt = run.Said.Contains("To do: ", StringComparison.Ordinal)
            ? ""
            : "Is it a bundle of this project, with the rails in it? ";
        throw new CouldNotRunException(
            $"{Path} could not say what it would do (exit code {run.ExitCode}). {doubt}It said:{Environment.NewLine}{run.Said}"
        );
    }

    /// <summary>Runs it to its end. Cancelling sends it an interrupt, and waits until it has rolled back and said so.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="said">Told each line, when it comes.</param>
    /// <param name="ct">Interrupts it.</param>
    /// <exception cref="CouldNotRunException">It could not be started.</exception>
    public async Task<BundleRun> RunAsync(
        IReadOnlyList<string> arguments,
        Action<BundleLine>? said,
        CancellationToken ct
    )
    {
        ct.ThrowIfCancellationRequested();
        var lines = new List<BundleLine>();
        var clock = Stopwatch.StartNew();
        using var kill = new CancellationTokenSource();
        await using var ending = ct.Register(() => kill.CancelAfter(_isScratch ? _timeToEndOnScratch : _timeToEnd));
        var command = Cli.Wrap(_file.FullPath)
            .WithArguments(arguments)
            // The connection string goes by a variable: arguments can be seen by other users of the machine.
            .WithEnvironmentVariables(variables =>
            {
                foreach (var name in _isScratch ? _leadingElsewhere : [])
                {
                    variables.Set(name, null);
                }

                variables
                    .Set(DatabaseUrl.MigrateVariable, _database.KeyValue)
                    .Set(DatabaseUrl.ApplicationVariable, null)
                    .Set("NO_COLOR", "1");
            })
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(text => Take(text, isError: false)))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(text => Take(text, isError: true)));
        try
        {
            var result = await command.ExecuteAsync(kill.Token, ct);
            return new BundleRun(result.ExitCode, clock.Elapsed, lines);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (Win32Exception e)
        {
            throw new CouldNotRunException($"{Path} cannot be run: {e.Message}");
        }

        void Take(string text, bool isError)
        {
            var taken = new BundleLine(clock.Elapsed, text, isError);
            // Its two outputs are read at the same time; whoever listens hears one line after the other.
            lock (lines)
            {
                lines.Add(taken);
                said?.Invoke(taken);
            }
        }
    }

    /// <summary>The id in <c>Applying migration '20261122153900_ApiKeys'.</c>; null for another line.</summary>
    public static string? Beginning(string line) =>
        BeginningText().Match(line) is { Success: true } match ? match.Groups["id"].Value : null;

    [GeneratedRegex("^(?:Applying|Reverting) migration '(?<id>[^']+)'")]
    private static partial Regex BeginningText();
}
