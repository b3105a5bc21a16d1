using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MigrationSafety.Execution;

/// <summary>The command that runs now, so that a synchronous run can be cancelled from another thread.</summary>
/// <remarks>
/// <c>IMigrator.Migrate</c>, which bundles and dotnet ef call, takes no cancellation token, and a MigrationCommand does not show the
/// DbCommand it makes. One instance per context, registered as an interceptor in EF Core's own services.
/// </remarks>
internal sealed class RunningCommand : DbCommandInterceptor
{
    private volatile DbCommand? _command;

    public void Set(DbCommand? command) => _command = command;

    /// <summary>Asks the server to cancel it. Harmless when none runs.</summary>
    public void Cancel() => _command?.Cancel();

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result
    )
    {
        if (eventData.CommandSource == CommandSource.Migrations)
        {
            _command = command;
        }

        return result;
    }

    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        _command = null;
        return result;
    }

    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => _command = null;

    public override void CommandCanceled(DbCommand command, CommandEndEventData eventData) => _command = null;
}
