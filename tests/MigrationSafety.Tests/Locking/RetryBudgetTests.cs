using MigrationSafety.Execution;
using MigrationSafety.Locking;
using Xunit;

namespace MigrationSafety.Tests.Locking;

public class RetryBudgetTests
{
    [Fact]
    public void Attempts_stay_short_for_long_and_never_pass_the_cap()
    {
        var budget = new RetryBudget(new MigrationSafetyOptions());
        var waits = new List<double>();
        for (var attempt = 1; attempt <= 24; attempt++)
        {
            waits.Add(budget.LockTimeout.TotalMilliseconds);
            budget.NextPause();
        }

        Assert.Equal([100, 100, 100, 100, 200, 200, 200, 200, 400], waits[..9]);
        Assert.Equal(2000, waits[^1]);
    }

    [Fact]
    public void Autovacuum_is_waited_for_until_it_gives_way_but_not_twice_for_the_same_one()
    {
        var budget = new RetryBudget(new MigrationSafetyOptions());

        Assert.True(budget.TriesLongestFor([Of("3/7", isAutovacuum: true)]));
        // Longer than deadlock_timeout (1 s), after which PostgreSQL cancels an autovacuum that somebody waits for.
        Assert.Equal(2000, budget.LockTimeout.TotalMilliseconds);
        Assert.False(budget.TriesLongestFor([Of("3/7", isAutovacuum: true)]));
        Assert.Equal(100, budget.LockTimeout.TotalMilliseconds);
        Assert.False(budget.TriesLongestFor([Of("3/8", isAutovacuum: false)]));
    }

    private static Blocker Of(string transaction, bool isAutovacuum) =>
        new(1, null, null, null, null, null, null, null, transaction, isAutovacuum);
}
