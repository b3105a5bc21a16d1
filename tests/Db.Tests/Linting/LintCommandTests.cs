using System.Text.Json;
using Npgsql;
using Xunit;

namespace Db.Tests.Linting;

public sealed class LintCommandTests(PostgresServer postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lint-").FullName;

    private Tool Tool => new() { Directory = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File(string name, string text)
    {
        System.IO.File.WriteAllText(Path.Combine(_folder, name), text);
        return name;
    }

    [Fact]
    public async Task The_projects_own_migrations_hold_no_hazard_that_is_not_accepted()
    {
        var lint = await new Tool { Directory = AppContext.BaseDirectory }.RunAsync("lint");

        Assert.True(lint.ExitCode == 0, lint.StandardOutput + lint.StandardError);
        Assert.Contains("No hazard in ", lint.StandardOutput, StringComparison.Ordinal);
        Assert.Empty(lint.StandardError);
    }

    [Fact]
    public async Task Sql_that_is_not_ours_is_checked_on_a_schema_from_a_file()
    {
        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File(
                "change.sql",
                "-- a comment\nSELECT missing_function();\nCREATE INDEX notes_body_idx ON notes (body);\n"
            ),
            "--schema",
            File("base.sql", "CREATE TABLE notes (id bigint PRIMARY KEY, body missing_type);"),
            "--format",
            "github"
        );

        Assert.Equal(1, lint.ExitCode);
        Assert.StartsWith(
            "::error file=change.sql,line=3,title=index-not-concurrent%3A ",
            lint.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.EndsWith("1 hazard in 1 file.\n", lint.StandardOutput, StringComparison.Ordinal);
        Assert.Empty(lint.StandardError);
    }

    [Fact]
    public async Task The_same_on_a_schema_from_a_database()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var builder = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File(
                "change.sql",
                "CREATE INDEX users_name_idx ON users (name);\nALTER TABLE account DISABLE ROW LEVEL SECURITY;"
            ),
            File("safe.sql", "CREATE INDEX CONCURRENTLY users_country_idx ON users (country);"),
            "--schema",
            database.ConnectionUri,
            "--json"
        );

        Assert.True(lint.ExitCode == 1, lint.StandardOutput + lint.StandardError);
        var found = JsonDocument
            .Parse(lint.StandardOutput)
            .RootElement.GetProperty("findings")
            .EnumerateArray()
            .ToList();
        Assert.Equal(
            ["index-not-concurrent", "policy-without-rls", "rls-missing"],
            found.Select(f => f.GetProperty("hazard").GetString()!)
        );
        Assert.NotEmpty(builder.Password!);
        Assert.DoesNotContain(builder.Password!, lint.StandardOutput + lint.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_safe_file_is_said_to_be_safe_and_nothing_else()
    {
        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File("safe.sql", "CREATE TABLE notes (id bigint PRIMARY KEY, body text);")
        );

        Assert.Equal((0, "No hazard in 1 file.\n", ""), (lint.ExitCode, lint.StandardOutput, lint.StandardError));
    }

    [Fact]
    public async Task An_accepted_hazard_is_shown_with_its_reason_and_one_that_is_not_there_is_a_finding()
    {
        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File(
                "change.sql",
                """
                -- accept: index-not-concurrent (forty rows)
                CREATE INDEX notes_body_idx ON notes (body);
                -- accept: vacuum-full (nobody is there at night)
                SELECT 1;
                """
            )
        );

        Assert.Equal(1, lint.ExitCode);
        Assert.Contains("Accepted: forty rows", lint.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("acceptance-unmatched", lint.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("1 hazard in 1 file; 1 accepted.", lint.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_the_database_does_not_have_yet()
    {
        await using var database = await postgres.MigratedDatabaseAsync();

        var lint = await Tool.RunAsync("lint", "--pending", "--connection", database.ConnectionUri, "--json");

        Assert.True(lint.ExitCode == 0, lint.StandardError);
        Assert.Equal(0, JsonDocument.Parse(lint.StandardOutput).RootElement.GetProperty("looked").GetArrayLength());
    }

    [Fact]
    public async Task An_index_that_nothing_uses_is_named_by_the_live_database_alone()
    {
        await using var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await PostgresServer.ExecuteAsync(
            database,
            "CREATE TABLE notes (id bigint PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'x'); CREATE INDEX notes_body_idx ON notes (body);"
        );

        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File("safe.sql", "SELECT 1;"),
            "--live",
            "--connection",
            database.ConnectionUri
        );

        Assert.Equal(1, lint.ExitCode);
        Assert.Contains(
            "DROP INDEX CONCURRENTLY public.notes_body_idx;",
            lint.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("notes_pkey", lint.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_result_goes_into_a_file_where_one_is_named()
    {
        var lint = await Tool.RunAsync(
            "lint",
            "--sql",
            File("change.sql", "CREATE INDEX notes_body_idx ON notes (body);"),
            "--format",
            "sarif",
            "--output",
            "lint.sarif"
        );

        Assert.Equal(1, lint.ExitCode);
        Assert.Empty(lint.StandardOutput);
        Assert.Contains("1 hazard in 1 file. Written to lint.sarif.", lint.StandardError, StringComparison.Ordinal);
        var text = await System.IO.File.ReadAllTextAsync(
            Path.Combine(_folder, "lint.sarif"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal("2.1.0", JsonDocument.Parse(text).RootElement.GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("there is no file nowhere.sql", "lint", "--sql", "nowhere.sql")]
    [InlineData("There is no migration Nowhere. The newest are: ", "lint", "Nowhere")]
    [InlineData("give one or the other", "lint", "--sql", "a.sql", "--pending")]
    [InlineData("give --sql too", "lint", "--schema", "base.sql")]
    [InlineData("give one of them too", "lint", "--connection", "postgresql://localhost/a")]
    public async Task What_cannot_run_says_why(string why, params string[] arguments)
    {
        var lint = await Tool.RunAsync(arguments);

        Assert.Equal(2, lint.ExitCode);
        Assert.Contains(why, lint.StandardError, StringComparison.Ordinal);
        Assert.Empty(lint.StandardOutput);
    }
}
