using Db.Linting;
using Db.Shipping;
using MigrationSafety.Hazards;
using Xunit;

namespace Db.Tests.Shipping;

/// <summary>What a bundle could only fail at is said before it is built.</summary>
public sealed class ShipChecksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShipChecksTests()
    {
        _folder.Write("App.sln", "");
        foreach (var id in Linter.Ids())
        {
            _folder.Write($"Data.Migrations/Migrations/{id}.cs", "");
            _folder.Write($"Data.Migrations/Migrations/{id}.Designer.cs", "");
        }

        _folder.Write("Data.Migrations/Migrations/AppDbContextModelSnapshot.cs", "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_snapshot_of_the_newest_migration_ships()
    {
        Snapshot(Linter.Ids()[^1]);

        ShipChecks.Require(new Checkout(_folder.Path), new Dictionary<string, string>(), _ => { });
    }

    [Fact]
    public async Task A_snapshot_that_was_not_renewed_refuses_before_anything_is_built()
    {
        Snapshot(Linter.Ids()[^2]);

        var ship = await new Tool { Directory = _folder.Path }.RunAsync("ship");

        Assert.Equal(1, ship.ExitCode);
        Assert.Contains(
            $"was made after {Linter.Ids()[^2]}, and the newest migration is {Linter.Ids()[^1]}: `db snapshot` was not run",
            ship.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains("--accept snapshot=", ship.StandardError, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "artifacts")), "something was built");
    }

    [Fact]
    public void A_reason_ships_it_all_the_same_and_is_said()
    {
        Snapshot(Linter.Ids()[^2]);
        var said = new List<string>();

        ShipChecks.Require(
            new Checkout(_folder.Path),
            new Dictionary<string, string> { ["snapshot"] = "a drill" },
            said.Add
        );

        Assert.Equal(["snapshot: shipped all the same: a drill"], said);
    }

    [Fact]
    public void A_tool_that_is_older_than_the_newest_migration_says_so()
    {
        _folder.Write("Data.Migrations/Migrations/20991231000000_Tomorrow.cs", "");
        Snapshot("20991231000000_Tomorrow");

        var problem = Assert.Throws<CouldNotRunException>(() =>
            ShipChecks.Require(new Checkout(_folder.Path), new Dictionary<string, string>(), _ => { })
        );

        Assert.Contains("built before 20991231000000_Tomorrow", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hazard_that_nobody_accepted_is_said_in_the_words_of_the_lint()
    {
        var schema = _folder.Write("schema.sql", "CREATE TABLE users (id bigint PRIMARY KEY, nickname text);");
        var change = _folder.Write("change.sql", "ALTER TABLE users DROP COLUMN nickname;");
        var outcome = await new Linter(new HazardOptions()).FilesAsync(
            [change],
            schema,
            TestContext.Current.CancellationToken
        );

        Assert.Contains("drop-column", ShipChecks.OfHazards(outcome), StringComparison.Ordinal);
        Assert.Null(ShipChecks.OfHazards(outcome with { Subjects = [] }));
    }

    private void Snapshot(string newest) =>
        _folder.Write("Data.Migrations/schema.snapshot", SnapshotHeading.After(newest) + "role anon\n");
}
