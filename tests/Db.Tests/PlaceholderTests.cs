namespace Db.Tests;

public class PlaceholderTests
{
    [Xunit.Fact]
    public void Runs() { }
}
