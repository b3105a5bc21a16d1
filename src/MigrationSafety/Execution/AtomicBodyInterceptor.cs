using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>Has a command of a migration whose function body holds semicolons sent to the server as it stands.</summary>
internal sealed class AtomicBodyInterceptor : DbCommandInterceptor
{
    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result
    )
    {
        if (
            eventData.CommandSource == CommandSource.Migrations
            && command is NpgsqlCommand { Parameters.Count: 0 } bare
        )
        {
            SendWhole(bare);
        }

        return result;
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    ) => ValueTask.FromResult(NonQueryExecuting(command, eventData, result));

    /// <summary>The parameter is never used; a $1 in the function's body is the function's own.</summary>
    public static void SendWhole(NpgsqlCommand command)
    {
        if (AtomicBody.Is(command.CommandText))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = 0 });
        }
    }
}
