using System.Globalization;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// The time-outs of a script, where no rails set them. What needs a strong lock waits for it only for a moment, since everybody queues
/// behind it; what runs CONCURRENTLY waits as long as it takes, since nobody queues there, and giving up would leave an invalid index.
/// </summary>
internal sealed class ScriptTimeouts(MigrationSafetyOptions options)
{
    private bool _isPatient;

    /// <summary>What stands at the head of a migration.</summary>
    public SqlOperation Head() =>
        new() { Sql = $"{LockTimeout}\nSET statement_timeout = '{Milliseconds(options.NonTransactionalTimeout)}';\n" };

    /// <summary>What has to be set before an operation, or null.</summary>
    public string? Before(MigrationOperation operation)
    {
        var isConcurrent = operation switch
        {
            CreateIndexOperation index => index[CreateIndexRewriter.CreatedConcurrently] is true,
            SqlOperation { SuppressTransaction: true } sql => sql.Sql.Contains(
                " CONCURRENTLY ",
                StringComparison.Ordinal
            ),
            _ => false,
        };
        if (isConcurrent == _isPatient)
        {
            return null;
        }

        _isPatient = isConcurrent;
        return isConcurrent ? "SET lock_timeout = 0;" : LockTimeout;
    }

    private string LockTimeout => $"SET lock_timeout = '{Milliseconds(options.LockTimeout)}';";

    private static string Milliseconds(TimeSpan duration) =>
        ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";
}
