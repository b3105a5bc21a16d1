using Db.Tests.Backups;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>Releases in which a step finds something wrong, or somebody cannot be told.</summary>
public sealed class FailedReleaseTests(PostgresServer postgres, BuiltBundle bundle) : Releases(postgres, bundle)
{
    [Fact]
    public async Task Drift_found_afterwards_fails_the_release_and_says_how_to_go_back()
    {
        await PostgresServer.ExecuteAsync(Database, "CREATE INDEX made_by_hand ON users (timezone)");

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "index made_by_hand: found btree (timezone): already so before this release; going back does not mend it",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains("Going back does not mend it", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            $"Applied by this release: {Pending}, {Newest}.",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"To go back: {BundleFile} {Before}", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Newest, await NewestAsync());
        Assert.Contains(
            "<p class=\"problem\">Verify the schema: 1 difference from what the migrations make</p>",
            await File.ReadAllTextAsync(ReleaseFile("report.html"), Cancel),
            StringComparison.Ordinal
        );
        await PasteAsync(result.StandardOutput, "To go back:");
        Assert.Equal(Before, await NewestAsync());
        await PostgresServer.ExecuteAsync(Database, "DROP INDEX made_by_hand");
        await PasteAsync(result.StandardOutput, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
        Assert.Contains(
            "# Released",
            await File.ReadAllTextAsync(ReleaseFile("report.md"), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Rolling_back_on_failure_takes_back_what_was_applied_where_nothing_is_lost()
    {
        await PostgresServer.ExecuteAsync(Database, "CREATE INDEX made_by_hand ON users (timezone)");

        var result = await ReleaseAsync("--rollback-on-failure");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Failed, and rolled back", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task Rolling_back_says_what_it_does_not_take_back()
    {
        // Stands for a Down that leaves something behind.
        await PostgresServer.ExecuteAsync(
            Database,
            """
            CREATE FUNCTION leave_something() RETURNS event_trigger LANGUAGE plpgsql SET search_path = public
                AS $$ BEGIN CREATE INDEX IF NOT EXISTS left_behind ON users (timezone); END $$;
            CREATE EVENT TRIGGER leave_something ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION leave_something();
            """
        );

        var result = await ReleaseAsync("--rollback-on-failure");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Failed, and rolled back", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("the schema is not quite what it was", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            "extra: table public.users, index left_behind",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Going_back_does_not_promise_what_the_release_removed_and_names_the_backup_that_has_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell script stands for the bundle.");
        var removing = Removing("users.phone");
        string[] arguments =
        [
            "--bundle",
            removing,
            "--without",
            "preflight=another test's matter",
            "--watch",
            "0",
            "--backups",
            "backups",
        ];
        await PostgresServer.ExecuteAsync(Database, "CREATE INDEX made_by_hand ON users (timezone)");
        Tool = Tool.With("PGPASSWORD", Password());

        var failed = await Tool.RunAsync(["release", .. arguments]);
        var rolledBack = await Tool.RunAsync(["release", "--resume", "--rollback-on-failure", .. arguments]);

        var backup = Assert.Single(Directory.GetDirectories(Path.Combine(Folder.FullName, "backups")));
        var gone =
            "What the release itself removed does not come back: users.phone (drop-column). "
            + $"It is in the backup {backup}; to have it beside the database: {Tool.Name} restore --from {backup} --to ";
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains($"            {gone}", failed.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(1, rolledBack.ExitCode);
        Assert.Contains(
            $"Roll back: back at {Before}: the schema is as it was, but not the data",
            rolledBack.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"To do: {gone}", rolledBack.StandardOutput, StringComparison.Ordinal);
        await PasteAsync(rolledBack.StandardOutput, "To do: What the release", after: "beside the database: ");
        await PostgresServer.ExecuteAsync(Database, $"DROP DATABASE \"{Database.Name}_look\"");
    }

    [Fact]
    public async Task A_way_back_that_would_be_refused_says_so_and_the_commands_are_those_that_were_typed_last()
    {
        var queries = Directory.CreateDirectory(Path.Combine(Folder.FullName, "elsewhere", "critical-queries"));
        await File.WriteAllTextAsync(
            Path.Combine(queries.FullName, "failing.sql"),
            "-- Fails\n-- time: 10s\nSELECT 1 FROM no_such_table;\n",
            Cancel
        );
        var typed = Path.GetRelativePath(Folder.FullName, BundleFile);
        string[] arguments = ["--bundle", typed, "--release-folder", "elsewhere", .. Hurried([])];

        var first = await Tool.RunAsync(["release", .. arguments]);
        await PostgresServer.ExecuteAsync(
            Database,
            """
            INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId") VALUES ('k', 'h', 'p', 'n', 'u1');
            INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode") VALUES ('k', 'u1', '/', 'GET', 200);
            """
        );
        var result = await Tool.RunAsync([
            "release",
            "--resume",
            "--rollback-on-failure",
            .. arguments,
            "--backups",
            "kept",
        ]);

        Assert.Equal(1, first.ExitCode);
        Assert.Contains($"To go back: {BundleFile} {Before}\n", first.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("It is refused", first.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            $"Alone: {Tool.Name} queries --release-folder elsewhere",
            first.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"To go back: {BundleFile} {Before}\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            "            It is refused unless -- --allow-data-loss stands behind it, because it deletes: "
                + $"api_audit_log: 1 row ({Pending} drops the table). "
                + $"To have a copy of that first: {Tool.Name} backup --to {Path.Combine(Folder.FullName, "kept")}\n",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("nothing was changed", Said(result), StringComparison.Ordinal);
        Assert.DoesNotContain("pg_dump", Said(result), StringComparison.Ordinal);
        Assert.Contains($"{BundleFile} {Before} -- --allow-data-loss", result.StandardOutput, StringComparison.Ordinal);
        var goOn = result
            .StandardOutput.Split('\n')
            .Single(line => line.StartsWith("To go on:", StringComparison.Ordinal));
        Assert.Contains(" release --resume --rollback-on-failure ", goOn, StringComparison.Ordinal);
        Assert.EndsWith(" --backups kept", goOn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_opened_by_hand_fails_the_release()
    {
        await PostgresServer.ExecuteAsync(
            Database,
            "CREATE POLICY opened_by_hand ON users FOR SELECT TO authenticated USING (true)"
        );

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "member on users, select: expected own; found all; already so before this release; going back does not mend it",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains("src/Data/Access/AccessTable.cs", result.StandardOutput, StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync(Database, "DROP POLICY opened_by_hand ON users");
        await PasteAsync(result.StandardOutput, "To go on:");
    }

    [Fact]
    public async Task What_is_to_be_looked_at_afterwards_comes_with_the_way_back()
    {
        await using var other = new Npgsql.NpgsqlConnection(Database.ConnectionString + ";Pooling=false");
        await other.OpenAsync(Cancel);
        await using (var locks = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE users_metas IN SHARE MODE", other))
        {
            await locks.ExecuteNonQueryAsync(Cancel);
        }

        var result = await ReleaseAsync();

        Assert.True(result.ExitCode == 0, Said(result));
        Assert.Contains(" of 140 cells could not be tried", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("not tried: users_metas, nothing: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("To go on:", result.StandardOutput, StringComparison.Ordinal);
        await other.CloseAsync();
        await PasteAsync(result.StandardOutput, "To go back:");
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task A_webhook_that_is_down_stops_no_release()
    {
        // Nobody listens there: a port that was free a moment ago.
        using var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        var port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var summary = Path.Combine(Folder.FullName, "summary.md");
        Tool = Tool.With("RELEASE_WEBHOOK_URL", $"http://127.0.0.1:{port}/secret-path")
            .With("GITHUB_STEP_SUMMARY", summary);

        var result = await ReleaseAsync();

        Assert.True(result.ExitCode == 0, Said(result));
        using var record = Record();
        Assert.Equal("warned", Step(record, "notify").GetProperty("outcome").GetString());
        Assert.DoesNotContain("secret-path", Said(result), StringComparison.Ordinal);
        Assert.Single(
            await File.ReadAllLinesAsync(summary, Cancel),
            line => line.StartsWith("# ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_critical_query_that_is_too_slow_fails_the_release()
    {
        var queries = Directory.CreateDirectory(Path.Combine(Folder.FullName, "release", "critical-queries"));
        await File.WriteAllTextAsync(
            Path.Combine(queries.FullName, "slow.sql"),
            "-- Sleeps\n-- time: 10ms\nSELECT pg_sleep(0.1);\n",
            Cancel
        );

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "1 of 1 critical queries are not as expected: slow",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "; already so before this release; going back does not mend it",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"To go back: {BundleFile} {Before}", result.StandardOutput, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(queries.FullName, "slow.sql"),
            "-- Quick\n-- time: 10s\nSELECT 1;\n",
            Cancel
        );
        await PasteAsync(result.StandardOutput, "To go on:");
    }

    // The bundle, with a plan in which its first migration takes something away.
    private string Removing(string what)
    {
        var path = Path.Combine(Folder.FullName, "removing");
        var hazard =
            $$"""{ "migration": "{{Pending}}", "direction": "Up", "hazard": "drop-column", "object": "{{what}}" }""";
        Script.Write(
            path,
            $$"""
            case "$*" in
            *--plan=json*) {{BundleFile}} "$@" | sed -e 's/"hazards": \[/"hazards": [ {{hazard}},/' -e 's/},\]/}]/' ;;
            *) exec {{BundleFile}} "$@" ;;
            esac
            """
        );
        return path;
    }
}
