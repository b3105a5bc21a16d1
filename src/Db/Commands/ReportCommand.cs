using System.CommandLine;
using Db.Releasing;
using Db.Releasing.Reports;

namespace Db.Commands;

/// <summary><c>db report</c>: the report of a release again, from its record.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string> _folder = new("folder")
    {
        Description = "The folder of the release, for example artifacts/releases/20260102-120000-1a2b3c4d.",
    };

    public static Command Create()
    {
        var command = new DocumentedCommand(
            "report",
            "Write the report of a release again, from its record.",
            """
            Also for a release whose tool was killed: the record is written after each step.

            Example:
              db report artifacts/releases/20260102-120000-1a2b3c4d
            """
        )
        {
            _folder,
        };
        command.SetAction(parsed =>
        {
            var report = CommandLine.ReportOf(parsed);
            var folder = new RecordFolder(parsed.GetValue(_folder)!);
            var record = folder.Read();
            ReleaseReports.Write(folder, record);
            ReleaseReports.Summarize(record);
            report.Line($"{ReportWords.Headline(record)}: {record.Database}");
            report.Line($"Report: {folder.Page}");
            report.Json(record);
            return ExitCode.AsExpected;
        });
        return command;
    }
}
