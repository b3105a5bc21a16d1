using System.Security.Cryptography;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using MigrationSafety.Connections;

namespace Db.Releasing;

/// <summary>The bundle as a file that is run as a process, against one database.</summary>
internal sealed class BundleFile
{
    private readonly PostgresConnectionString _database;

    private BundleFile(string path, string full, string digest, PostgresConnectionString database)
    {
        (Path, FullPath, Digest, _database) = (path, full, digest, database);
    }

    /// <summary>As it was given, for commands that are shown.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Digest { get; }

    private string FullPath { get; }

    /// <exception cref="CouldNotRunException">There is no such file, or it cannot be run.</exception>
    public static async Task<BundleFile> OpenAsync(string path, PostgresConnectionString database, CancellationToken ct)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new CouldNotRunException(
                $"There is no bundle at {path}. Build it: dotnet ef migrations bundle --project Data.Migrations -o {path} --force"
            );
        }

        if (
            !OperatingSystem.IsWindows()
            && (File.GetUnixFileMode(full) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute)) == 0
        )
        {
            throw new CouldNotRunException($"{path} may not be executed. If it is the bundle: chmod +x {path}");
        }

        return new BundleFile(path, full, await DigestAsync(full, ct), database);
    }

    /// <summary>Whether the file is still the one that was opened.</summary>
    public async Task<bool> IsUnchangedAsync(CancellationToken ct) =>
        File.Exists(FullPath) && await DigestAsync(FullPath, ct) == Digest;

    /// <summary>What it would do now.</summary>
    /// <exception cref="CouldNotRunException">It said nothing that is a plan.</exception>
    public async Task<BundlePlan> PlanAsync(IReadOnlyList<string> railsArguments, CancellationToken ct)
    {
        var result = await Command(["--", "--plan=json", .. railsArguments]).ExecuteBufferedAsync(ct);
        var start = result.StandardOutput.IndexOf('{');
        try
        {
            return start < 0
                ? throw NoPlan(result)
                : JsonSerializer.Deserialize<BundlePlan>(result.StandardOutput[start..], JsonSerializerOptions.Web)!;
        }
        catch (JsonException)
        {
            throw NoPlan(result);
        }

        CouldNotRunException NoPlan(BufferedCommandResult said) =>
            new(
                $"{Path} could not say what it would do (exit code {said.ExitCode}):{Environment.NewLine}"
                    + (said.StandardError + said.StandardOutput).Trim()
            );
    }

    /// <summary>Runs it to its end. Cancelling sends it an interrupt, and waits until it has rolled back and said so.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="said">Called for each line that it writes.</param>
    /// <param name="ct">Interrupts it.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, Action<string> said, CancellationToken ct)
    {
        using var interrupt = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        await using var passOn = ct.Register(() =>
        {
            interrupt.Cancel();
            kill.CancelAfter(TimeSpan.FromMinutes(1));
        });
        var target = PipeTarget.ToDelegate(said);
        try
        {
            var result = await Command(arguments)
                .WithStandardOutputPipe(target)
                .WithStandardErrorPipe(target)
                .ExecuteAsync(kill.Token, interrupt.Token);
            return result.ExitCode;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
    }

    // The connection string goes by a variable: arguments can be seen by other users of the machine.
    private Command Command(IReadOnlyList<string> arguments) =>
        Cli.Wrap(FullPath)
            .WithArguments(arguments)
            .WithEnvironmentVariables(variables =>
                variables
                    .Set(DatabaseUrl.MigrateVariable, _database.KeyValue)
                    .Set(DatabaseUrl.ApplicationVariable, null)
                    .Set("NO_COLOR", "1")
            )
            .WithValidation(CommandResultValidation.None);

    private static async Task<string> DigestAsync(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
    }
}

/// <summary>What a bundle says that it would do.</summary>
/// <param name="Digest">Names exactly this plan.</param>
/// <param name="Migrations">What would be reverted or applied, in order.</param>
/// <param name="Refused">Why it would be refused; null where it would run.</param>
internal sealed record BundlePlan(string Digest, IReadOnlyList<BundlePlanMigration> Migrations, string? Refused);

/// <summary>One migration of a plan.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Direction">Up or Down.</param>
internal sealed record BundlePlanMigration(string Id, string Direction);
