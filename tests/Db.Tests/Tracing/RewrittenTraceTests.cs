using Db.Tracing;
using Db.Tracing.Findings;
using Db.Tracing.Observing;
using Xunit;

namespace Db.Tests.Tracing;

/// <summary>All migrations of <see cref="RewrittenContext"/>, traced once.</summary>
public sealed class RewrittenTrace(PostgresServer postgres) : IAsyncLifetime
{
    internal TraceReport Report { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Report = await new MigrationTrace(
            postgres.Server,
            RewrittenContext.Create,
            new TraceOptions(Rows: 200, Down: false, PreviousRelease: false),
            _ => { }
        ).RunAsync(null, CancellationToken.None);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>
/// What PostgreSQL did for each operation that is rewritten: no lock that keeps readers or writers out is held while a table is read,
/// filled, rewritten or indexed. Beside it the same operation as EF Core writes it, where that is what happens.
/// </summary>
public class RewrittenTraceTests(RewrittenTrace trace) : IClassFixture<RewrittenTrace>
{
    [Theory]
    [InlineData("Index", "indexes under SHARE")]
    [InlineData("ForeignKey", "reads under SHARE ROW EXCLUSIVE")]
    [InlineData("Check", "reads under ACCESS EXCLUSIVE")]
    [InlineData("Unique", "indexes under ACCESS EXCLUSIVE")]
    [InlineData("PrimaryKey", "indexes under ACCESS EXCLUSIVE")]
    [InlineData("NotNull", "reads under ACCESS EXCLUSIVE")]
    [InlineData("VolatileDefault", "rewrites under ACCESS EXCLUSIVE")]
    // Quick as EF Core writes it.
    [InlineData("ConstantDefault", null)]
    public void Nobody_is_kept_out_while_a_table_is_worked_on(string operation, string? asWritten)
    {
        var (rewritten, kept) = (Run("Rewritten" + operation), Run("Kept" + operation));

        Assert.Empty(WorkUnderLock(rewritten));
        Assert.All(rewritten.Statements, statement => Assert.Empty(statement.Rewritten));
        if (asWritten is null)
        {
            Assert.Empty(WorkUnderLock(kept));
        }
        else
        {
            Assert.Contains(asWritten, WorkUnderLock(kept));
        }
    }

    /// <summary>The lock itself is what hurts here: it is not had while a query runs, and everybody queues behind it.</summary>
    [Theory]
    [InlineData("DroppedIndex", nameof(LockMode.AccessExclusive))]
    [InlineData("Index", nameof(LockMode.Share))]
    public void An_index_takes_no_lock_that_anybody_waits_for(string operation, string asWritten)
    {
        Assert.Equal(LockMode.ShareUpdateExclusive, Strongest("Rewritten" + operation));
        Assert.Equal(asWritten, Strongest("Kept" + operation).ToString());
    }

    [Fact]
    public void Every_rewritten_operation_is_free_of_danger_and_ran_on_rows()
    {
        var rewritten = trace
            .Report.Migrations.Where(m => m.Id.Contains("_Rewritten", StringComparison.Ordinal))
            .Skip(1);
        Assert.Equal(9, rewritten.Count());
        Assert.All(
            rewritten,
            migration =>
            {
                Assert.Null(migration.Runs[0].Failure);
                Assert.All(migration.Tables, table => Assert.Equal((200L, null), (table.Rows, table.WhyNone)));
                Assert.DoesNotContain(migration.Findings, f => f.Severity == Severity.Danger);
            }
        );
    }

    private TracedRun Run(string name)
    {
        var run = trace.Report.Migrations.Single(m => m.Id.EndsWith("_" + name, StringComparison.Ordinal)).Runs[0];
        Assert.Null(run.Failure);
        Assert.NotEmpty(run.Statements);
        return run;
    }

    private LockMode Strongest(string name) => Run(name).Statements.SelectMany(s => s.Locks).Max(l => l.Mode);

    // Locks are those that the transaction holds after the statement, its own and earlier ones.
    private static IEnumerable<string> WorkUnderLock(TracedRun run) =>
        from statement in run.Statements
        from held in statement.Held.Concat(statement.Locks)
        where held.Mode.BlocksWrites()
        from work in Work(statement)
        select $"{work} under {held.Mode.Words()}";

    private static IEnumerable<string> Work(ObservedStatement statement)
    {
        if (statement.Rewritten.Count > 0)
        {
            yield return "rewrites";
        }

        if (statement.IndexesBuilt.Count > 0)
        {
            yield return "indexes";
        }

        if (statement.Scanned.Any(s => s.IsWhole))
        {
            yield return "reads";
        }

        if (statement.Changed.Count > 0)
        {
            yield return "changes";
        }
    }
}
