// The tools' own output is in EF Core's internal namespaces only; written past it, `dotnet ef --json` and `--prefix-output` would not
// be what they say. Checked against EF Core 10.0.15.
#pragma warning disable EF1001
using Microsoft.EntityFrameworkCore.Design.Internal;
using Microsoft.EntityFrameworkCore.Migrations.Design;

namespace MigrationSafety.DesignTime;

/// <summary>Where <c>dotnet ef</c> writes what it says.</summary>
internal sealed class ToolOutput(MigrationsScaffolderDependencies dependencies)
{
    private readonly IOperationReporter _reporter = dependencies.OperationReporter;

    public void Information(string text) => _reporter.WriteInformation(text);

    public void Warning(string text) => _reporter.WriteWarning(text);
}
