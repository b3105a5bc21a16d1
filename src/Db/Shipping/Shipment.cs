using System.Runtime.InteropServices;
using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace Db.Shipping;

/// <summary>Builds what a release needs: the bundle and the tool, a file each, with their checksums and their list of parts.</summary>
/// <param name="Checkout">The working copy that they are built from.</param>
/// <param name="Output">The folder that they are put into.</param>
/// <param name="Runtime">The runtime identifier, for example linux-x64.</param>
/// <param name="SelfContained">Whether the .NET runtime is in them; without it, it has to be installed where they run.</param>
/// <param name="Progress">Told what is being done.</param>
internal sealed record Shipment(
    Checkout Checkout,
    string Output,
    string Runtime,
    bool SelfContained,
    Action<string> Progress
)
{
    private const string Checksums = "SHA256SUMS";
    private const string Parts = "sbom.cdx.json";

    /// <summary>The variable by which MSBuild takes <see cref="Targets"/> into the project that EF Core makes for a bundle.</summary>
    public const string TargetsVariable = "CustomAfterMicrosoftCommonTargets";

    /// <summary>The runtime identifier of this machine.</summary>
    public static string ThisMachine => RuntimeInformation.RuntimeIdentifier;

    /// <summary>What makes a bundle start fast.</summary>
    public static string Targets(Checkout checkout) =>
        Path.Combine(checkout.Directory, "Data.Migrations", "bundle.targets");

    /// <exception cref="RefusedException">The model has changes that no migration holds.</exception>
    /// <exception cref="CouldNotRunException">Something could not be built.</exception>
    public async Task<IReadOnlyList<ShippedFile>> BuildAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(Output);
        var suffix = Runtime.StartsWith("win", StringComparison.Ordinal) ? ".exe" : "";
        var bundle = Path.Combine(Output, "efbundle" + suffix);
        var tool = Path.Combine(Output, "db" + suffix);

        Progress("Restoring the tools.");
        await RequireAsync("dotnet", ["tool", "restore"], ct);
        Progress("Building, and asking whether every change of the model is in a migration.");
        await RequireNoPendingChangesAsync(ct);
        Progress($"Building the bundle for {Runtime}.");
        await RequireAsync(
            "dotnet",
            [
                "ef",
                "migrations",
                "bundle",
                "--project",
                "Data.Migrations",
                "--target-runtime",
                Runtime,
                .. SelfContained ? ["--self-contained"] : Array.Empty<string>(),
                "--force",
                "--output",
                bundle,
            ],
            ct
        );
        Progress($"Building db for {Runtime}.");
        await PublishToolAsync(tool, ct);
        Progress("Writing checksums and the list of parts.");
        await File.WriteAllTextAsync(
            Path.Combine(Output, Parts),
            BillOfMaterials.Of(
                Path.Combine(Checkout.Directory, "Data.Migrations", "obj", "project.assets.json"),
                Path.Combine(Checkout.Directory, "src", "Db", "obj", "project.assets.json")
            ),
            ct
        );
        return await SumAsync([bundle, tool, Path.Combine(Output, Parts)], ct);
    }

    private async Task RequireNoPendingChangesAsync(CancellationToken ct)
    {
        var result = await Command(
                "dotnet",
                ["ef", "migrations", "has-pending-model-changes", "--project", "Data.Migrations"]
            )
            .ExecuteBufferedAsync(ct);
        if (result.ExitCode == 0)
        {
            return;
        }

        var said = (result.StandardOutput + result.StandardError).Trim();
        throw said.Contains("Changes have been made to the model", StringComparison.Ordinal)
            ? new RefusedException(
                "The model has changes that no migration holds: the application would expect a schema that the bundle does not make. "
                    + "Write the migration: dotnet ef migrations add <Name> --project Data.Migrations"
            )
            : new CouldNotRunException(said);
    }

    private async Task PublishToolAsync(string tool, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("db-publish-");
        try
        {
            await RequireAsync(
                "dotnet",
                [
                    "publish",
                    Path.Combine("src", "Db"),
                    "--configuration",
                    "Release",
                    "--runtime",
                    Runtime,
                    SelfContained ? "--self-contained" : "--no-self-contained",
                    "-p:PublishSingleFile=true",
                    // Otherwise a second of each command goes into compiling, at each start anew.
                    "-p:PublishReadyToRun=true",
                    "-p:DebugType=none",
                    "--output",
                    folder.FullName,
                ],
                ct
            );
            File.Copy(Path.Combine(folder.FullName, Path.GetFileName(tool)), tool, overwrite: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // In the form that `sha256sum --check SHA256SUMS` reads.
    private async Task<IReadOnlyList<ShippedFile>> SumAsync(IReadOnlyList<string> files, CancellationToken ct)
    {
        var shipped = new List<ShippedFile>();
        var sums = new StringBuilder();
        foreach (var file in files)
        {
            var digest = await FileChecksum.Sha256Async(file, ct);
            sums.Append(digest).Append("  ").Append(Path.GetFileName(file)).Append('\n');
            shipped.Add(new ShippedFile(file, new FileInfo(file).Length, digest));
        }

        await File.WriteAllTextAsync(Path.Combine(Output, Checksums), sums.ToString(), ct);
        return shipped;
    }

    private async Task RequireAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var result = await Command(program, arguments).ExecuteBufferedAsync(ct);
        if (result.ExitCode != 0)
        {
            throw new CouldNotRunException(
                $"{program} {string.Join(' ', arguments)} failed (exit code {result.ExitCode}):{Environment.NewLine}"
                    + (result.StandardOutput + result.StandardError).Trim()
            );
        }
    }

    private Command Command(string program, IReadOnlyList<string> arguments) =>
        Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(Checkout.Directory)
            .WithEnvironmentVariables(variables =>
                variables.Set(TargetsVariable, arguments.Contains("bundle") ? Targets(Checkout) : null)
            )
            .WithValidation(CommandResultValidation.None);
}

/// <summary>One file that was built.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
internal sealed record ShippedFile(string Path, long Bytes, string Sha256);
