namespace LocalPostgres.Tests;

public class PlaceholderTests
{
    [Xunit.Fact]
    public void Runs() { }
}
