using MigrationSafety.Execution;
using Xunit;

namespace MigrationSafety.Tests.Execution;

public class FirstUseTests
{
    // A run never looks at it: broken, it would only be slower, and nobody would know.
    [Fact]
    public Task What_is_done_beside_a_run_does_not_fail() => FirstUse.AllAsync();
}
