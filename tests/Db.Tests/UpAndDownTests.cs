using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Xunit;

namespace Db.Tests;

public class UpAndDownTests(PostgresServer postgres)
{
    [Fact]
    public async Task From_nothing_to_a_verified_database_twice_and_back()
    {
        await using var checkout = new TemporaryCheckout();
        var db = checkout.Tool;

        var first = await db.RunAsync("up");
        Assert.Equal((0, ""), (first.ExitCode, WithoutProgress(first.StandardError)));
        Assert.Contains("_FunctionsAndRoles", first.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("API keys made.", first.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Schema: as the migrations make it.", first.StandardOutput, StringComparison.Ordinal);
        var uri = Assert.Single(
            first.StandardOutput.Split('\n'),
            l => l.StartsWith("postgresql://", StringComparison.Ordinal)
        );
        Assert.Equal("4", await PsqlAsync(uri, "SELECT count(*) FROM users"));

        var second = await db.RunAsync("up", "--json");
        Assert.Equal(0, second.ExitCode);
        var json = JsonDocument.Parse(second.StandardOutput).RootElement;
        Assert.Equal(uri, json.GetProperty("connectionString").GetString());
        Assert.Empty(json.GetProperty("applied").EnumerateArray());
        Assert.Equal("4", await PsqlAsync(uri, "SELECT count(*) FROM users"));

        Assert.Equal(0, (await db.RunAsync("status")).ExitCode);
        Assert.Contains(
            "named by the development server",
            (await db.RunAsync("verify")).StandardOutput,
            StringComparison.Ordinal
        );

        var down = await db.RunAsync("down");
        Assert.Equal(0, down.ExitCode);
        Assert.StartsWith("Stopped PostgreSQL", down.StandardOutput, StringComparison.Ordinal);
        var status = await db.RunAsync("status");
        Assert.Equal(2, status.ExitCode);
        Assert.Contains(
            "this checkout's development server does not run",
            status.StandardError,
            StringComparison.Ordinal
        );
        Assert.Equal(0, (await db.RunAsync("down")).ExitCode);

        var again = await db.RunAsync("up");
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("Sample data: everything is there already.", again.StandardOutput, StringComparison.Ordinal);

        var refused = await db.RunAsync("down", "--destroy");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{Tool.Name} down --destroy --yes", refused.StandardError, StringComparison.Ordinal);
        Assert.Equal("4", await PsqlAsync(uri, "SELECT count(*) FROM users"));

        Assert.Equal(0, (await db.RunAsync("down", "--destroy", "--yes")).ExitCode);
        Assert.StartsWith(
            "This checkout has no development server.",
            (await db.RunAsync("down")).StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_was_changed_by_hand_is_exit_code_1()
    {
        await using var checkout = new TemporaryCheckout();
        var up = JsonDocument.Parse((await checkout.Tool.RunAsync("up", "--json")).StandardOutput).RootElement;
        await PsqlAsync(up.GetProperty("connectionString").GetString()!, "ALTER TABLE users ADD nickname text");

        var result = await checkout.Tool.RunAsync("up");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "extra: table public.users, column nickname: found text\n",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_database_that_the_environment_names_is_left_alone()
    {
        await using var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using var checkout = new TemporaryCheckout();

        var result = await checkout.Tool.With("DATABASE_URL", database.ConnectionUri).RunAsync("up");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(
            "DATABASE_URL is set; 'up' works on the development server",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "0",
            await PsqlAsync(
                database.ConnectionUri,
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            )
        );
    }

    [Fact]
    public async Task In_production_nothing_is_started()
    {
        await using var checkout = new TemporaryCheckout();

        var result = await checkout.Tool.With("NODE_ENV", "production").RunAsync("up");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(
            "Sample data is refused: NODE_ENV=production",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "This checkout has no development server.",
            (await checkout.Tool.RunAsync("down")).StandardOutput,
            StringComparison.Ordinal
        );
    }

    private static string WithoutProgress(string text) =>
        string.Join(
            '\n',
            text.Split('\n')
                .Where(l =>
                    !l.StartsWith("Making a data directory", StringComparison.Ordinal)
                    && !l.StartsWith("Starting PostgreSQL", StringComparison.Ordinal)
                )
        );

    private static async Task<string> PsqlAsync(string uri, string sql)
    {
        var psql = await Cli.Wrap("psql")
            .WithArguments(["--no-psqlrc", "-qtA", uri, "-c", sql])
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        return psql.StandardOutput.Trim();
    }
}
