using Data.Access;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Personas;

public sealed class PersonaTests(MigratedServer server) : IAsyncLifetime
{
    private static readonly SemaphoreSlim Once = new(1, 1);
    private static LocalPostgres.TestDatabase? _shared;

    private string _connectionString = "";

    // Every probe is rolled back, so all of them share one database.
    public async ValueTask InitializeAsync()
    {
        await Once.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _shared ??= await server.CreatePeopledAsync();
            _connectionString = _shared.ConnectionString;
        }
        finally
        {
            Once.Release();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(PersonaTable.AllCells), MemberType = typeof(PersonaTable))]
    public async Task Sql_run_as_the_role_reaches_what_the_table_says(string persona, string table, string command)
    {
        await using var context = MigratedServer.Connect(_connectionString);
        var rows = await ContextProbe.ReadAsync(context, table);
        Assert.NotEmpty(rows);

        await using var transaction = await context.BeginAsAsync(
            PersonaTable.Of(persona),
            TestContext.Current.CancellationToken
        );
        var reached = await RawProbe.ReachAsync((NpgsqlConnection)context.Database.GetDbConnection(), table, command);

        Assert.Equal(AccessTable.Expected(persona, table, command), Classify(persona, table, command, rows, reached));
    }

    [Theory]
    [MemberData(nameof(PersonaTable.AllCells), MemberType = typeof(PersonaTable))]
    public async Task The_context_reaches_what_the_table_says(string persona, string table, string command)
    {
        await using var context = MigratedServer.Connect(_connectionString);
        var rows = await ContextProbe.ReadAsync(context, table);
        Assert.NotEmpty(rows);

        await using var transaction = await context.BeginAsAsync(
            PersonaTable.Of(persona),
            TestContext.Current.CancellationToken
        );
        var reached = await ContextProbe.ReachAsync(context, table, command, rows);

        Assert.Equal(AccessTable.Expected(persona, table, command), Classify(persona, table, command, rows, reached));
    }

    [Fact]
    public void The_page_in_docs_is_this_table()
    {
        var page = Path.Combine(Repository.Root, "docs", "personas.md");
        if (Environment.GetEnvironmentVariable("RENEW_DOCS") == "1")
        {
            File.WriteAllText(page, AccessTable.ToMarkdown());
        }

        Assert.True(
            File.Exists(page) && File.ReadAllText(page).ReplaceLineEndings("\n") == AccessTable.ToMarkdown(),
            "docs/personas.md is stale. Renew it: RENEW_DOCS=1 dotnet test --project tests/Data.Tests"
        );
    }

    private static RowAccess Classify(
        string persona,
        string table,
        string command,
        List<object> rows,
        List<(string Owner, bool IsPublic)> reached
    )
    {
        // An insert is tried once for each person, whatever rows there are.
        List<(string Owner, bool IsPublic)> all =
            command == "insert"
                ? [.. People.All.Select(owner => (owner, false))]
                : [.. rows.Select(row => ContextProbe.OwnerOf(table, row))];
        return ProbeOutcome.Classify(reached, all, PersonaTable.Of(persona).UserId);
    }
}
