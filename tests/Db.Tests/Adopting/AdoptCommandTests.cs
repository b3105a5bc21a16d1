using System.Text.Json;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary><c>db adopt</c> as it is typed.</summary>
public sealed class AdoptCommandTests(PostgresServer postgres)
{
    [Fact]
    public async Task From_the_plan_to_a_clean_verification()
    {
        await using var database = await OldShape.Adoptable[^1].MakeAsync(postgres);
        var db = new Tool().With("MIGRATE_DATABASE_URL", database.ConnectionUri);

        var plan = await db.RunAsync("adopt", "--plan");
        Assert.Equal(0, plan.ExitCode);
        var lines = plan.StandardOutput.Split('\n');
        Assert.Contains("same: table public.account: 13 columns, 3 constraints", lines);
        Assert.Contains(
            "changes: table public.users, policy users_allow_all: goes: PERMISSIVE FOR ALL TO PUBLIC USING (true) WITH CHECK (true)",
            lines
        );
        Assert.Contains(
            "changes: table public.session, index idx_session_userid: gets the name \"idx_session_userId\"",
            lines
        );
        Assert.Contains("stays: table public.teams", lines);
        Assert.Contains("stays: table public.users, column phone: text", lines);
        Assert.Contains($"Nothing was changed. To record it: {Tool.Name} adopt", lines);

        var adopted = await db.RunAsync("adopt");
        Assert.Equal(0, adopted.ExitCode);
        Assert.Contains(
            "Pending, for the bundle:\n  20261122153800_AdoptExisting\n",
            adopted.StandardOutput,
            StringComparison.Ordinal
        );
        await OldShape.MigrateAsync(database.ConnectionString);

        var verified = await db.RunAsync("verify");
        Assert.Equal(0, verified.ExitCode);
        Assert.Contains(
            "more were there when the database was adopted and are kept",
            verified.StandardOutput,
            StringComparison.Ordinal
        );
        var again = await db.RunAsync("adopt");
        Assert.Equal(0, again.ExitCode);
        Assert.StartsWith(
            "Nothing to do: this database was adopted on ",
            again.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_is_in_the_way_is_exit_code_1_with_the_sql()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(
            database,
            "ALTER TABLE session DROP CONSTRAINT \"session_userId_fkey\"; INSERT INTO session (id, \"expiresAt\", token, \"userId\") VALUES ('x', now(), 'x', 'nobody')"
        );

        var text = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("adopt");
        var json = JsonDocument
            .Parse(
                (
                    await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("adopt", "--json")
                ).StandardOutput
            )
            .RootElement;

        Assert.Equal(1, text.ExitCode);
        Assert.Contains(
            """
            -- table public.session, constraint "session_userId_fkey": it is missing; ours is FOREIGN KEY ("userId") REFERENCES public.users(id) ON DELETE CASCADE. 1 row points at nothing in public.users.
            -- Deletes 1 orphaned row.
            """,
            text.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains("Nothing was recorded at", text.StandardOutput, StringComparison.Ordinal);
        Assert.False(json.GetProperty("canBeAdopted").GetBoolean());
        Assert.Equal(
            1,
            json.GetProperty("findings")
                .EnumerateArray()
                .Single(f => f.GetProperty("verdict").GetString() == "in the way")
                .GetProperty("rows")
                .GetInt32()
        );
    }

    [Fact]
    public async Task In_production_sample_data_cannot_be_allowed()
    {
        var result = await new Tool()
            .With("NODE_ENV", "production")
            .RunAsync("adopt", "--allow-sample-data", "--connection", postgres.Server.ConnectionString);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(
            "--allow-sample-data is refused: NODE_ENV=production",
            result.StandardError,
            StringComparison.Ordinal
        );
    }
}
