using System.CommandLine;
using Benchmarks.Backup;
using Benchmarks.BlockedTime;
using Benchmarks.Bundle;
using Benchmarks.Linting;
using Benchmarks.RowLevelSecurity;

var root = new RootCommand(
    """
    Measures side by side what this project claims about speed, in one run, on a durable throw-away server.

    Ratios mean something on any machine; milliseconds only on this one. Nothing else should be running.
    """
)
{
    RowLevelSecurityCommand.Create(),
    BundleCommand.Create(),
    BackupCommand.Create(),
    RailsCommand.Create(),
    BlockedTimeCommand.Create(),
    LintCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
