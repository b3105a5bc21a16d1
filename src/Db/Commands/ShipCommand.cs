using System.CommandLine;
using Db.Shipping;

namespace Db.Commands;

/// <summary><c>db ship</c>: builds the bundle and the tool for the machine that releases.</summary>
internal static class ShipCommand
{
    private static readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The folder for the files.",
        HelpName = "folder",
        DefaultValueFactory = _ => "artifacts",
    };

    private static readonly Option<string> _runtime = new("--runtime", "-r")
    {
        Description = "The runtime identifier of the machine that releases.",
        HelpName = "rid",
        DefaultValueFactory = _ => Shipment.ThisMachine,
    };

    private static readonly Option<bool> _frameworkDependent = new("--framework-dependent")
    {
        Description = "Without the .NET runtime in them: smaller, but .NET 10 has to be installed where they run.",
    };

    private static readonly Option<string[]> _accept = new("--accept")
    {
        Description =
            $"Ship although a check fails ({string.Join(", ", ShipChecks.Ids)}), with the reason: --accept hazards=\"a drill\".",
        HelpName = "check=reason",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var command = new DocumentedCommand(
            "ship",
            "Build the bundle and this tool as single files, with checksums and a list of parts.",
            """
            The bundle is made by 'dotnet ef migrations bundle', compiled ahead of time and without what only scaffolding
            needs, so that it starts in a third of the time. Refused where the model has changes that no migration holds, where
            'db snapshot' was not run after the newest migration, and where nobody has accepted a hazard that 'db lint' finds.

            Example:
              db ship --output artifacts --runtime linux-x64
              (cd artifacts && sha256sum --check SHA256SUMS)
            """
        )
        {
            _output,
            _runtime,
            _frameworkDependent,
            _accept,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var output = Path.GetFullPath(parsed.GetValue(_output)!);
                var checkout = Checkout.Find();
                report.Progress(
                    "Asking whether the snapshot is the newest migration's, and whether every hazard is accepted."
                );
                ShipChecks.Require(checkout, Accepted(parsed.GetValue(_accept) ?? []), report.Progress);
                var shipment = new Shipment(
                    checkout,
                    output,
                    parsed.GetValue(_runtime)!,
                    !parsed.GetValue(_frameworkDependent),
                    report.Progress
                );
                var files = await shipment.BuildAsync(ct);
                report.Table(
                    ["file", "size", "SHA-256"],
                    files,
                    f => [f.Path, $"{f.Bytes / 1048576.0:0.0} MB", f.Sha256],
                    f => $"{f.Sha256}  {f.Path} ({f.Bytes / 1048576.0:0.0} MB)"
                );
                report.Json(new { output, files });
                return ExitCode.AsExpected;
            }
        );
        return command;
    }

    private static Dictionary<string, string> Accepted(IEnumerable<string> typed)
    {
        var accepted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in typed)
        {
            if (text.Split('=', 2) is not [var id, { Length: > 0 } reason] || !ShipChecks.Ids.Contains(id))
            {
                throw new CouldNotRunException(
                    $"--accept {text}: write the check ({string.Join(", ", ShipChecks.Ids)}) and the reason: --accept snapshot=\"…\""
                );
            }

            accepted[id] = reason;
        }

        return accepted;
    }
}
