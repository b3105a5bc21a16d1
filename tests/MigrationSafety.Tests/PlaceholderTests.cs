namespace MigrationSafety.Tests;

public class PlaceholderTests
{
    [Xunit.Fact]
    public void Runs() { }
}
