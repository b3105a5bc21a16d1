namespace Data.Migrations.Tests;

public class PlaceholderTests
{
    [Xunit.Fact]
    public void Runs() { }
}
