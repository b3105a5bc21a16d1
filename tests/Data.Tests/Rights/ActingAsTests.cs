using Data.Access;
using Microsoft.EntityFrameworkCore;

namespace Data.Tests.Rights;

public sealed class ActingAsTests(MigratedServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_command_of_the_work_runs_as_the_user()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);

        await context.AsUserAsync(
            People.Anna,
            async token =>
            {
                Assert.Equal("authenticated/anna", await WhoAsync(context));
                var sessions = await context.Sessions.ToListAsync(token);
                Assert.Equal([People.Anna], sessions.Select(session => session.UserId));

                var me = await context.Users.SingleAsync(token);
                me.Country = "CH";
                await context.SaveChangesAsync(token);
                Assert.Equal("authenticated/anna", await WhoAsync(context));
            },
            Cancellation
        );

        Assert.Equal(
            "CH",
            await context
                .Users.Where(user => user.Id == People.Anna)
                .Select(user => user.Country)
                .SingleAsync(Cancellation)
        );
    }

    [Fact]
    public async Task Work_that_throws_is_undone()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() =>
            context.AsServiceAsync(
                async token =>
                {
                    Assert.Equal("service_role/", await WhoAsync(context));
                    Assert.Equal(1, await context.Users.Where(user => user.Id == People.Ben).ExecuteDeleteAsync(token));
                    throw new InvalidTimeZoneException();
                },
                Cancellation
            )
        );

        Assert.Equal(3, await context.Users.CountAsync(Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pooled_connection_never_carries_the_rights_on(bool commit)
    {
        await using var database = await server.CreatePeopledAsync();
        // One connection in the pool: whoever comes next gets the very same session.
        var connectionString = $"{database.ConnectionString};Maximum Pool Size=1;No Reset On Close=true";
        int backend;
        string before;
        await using (var context = MigratedServer.Connect(connectionString))
        {
            before = await WhoAsync(context);
            await using var transaction = await context.BeginAsAsync(Persona.User(People.Anna), Cancellation);
            backend = await BackendAsync(context);
            Assert.Equal("authenticated/anna", await WhoAsync(context));
            if (commit)
            {
                await transaction.CommitAsync(Cancellation);
            }
        }

        await using var next = MigratedServer.Connect(connectionString);
        await next.Database.OpenConnectionAsync(Cancellation);
        Assert.Equal(backend, await BackendAsync(next));
        Assert.Equal(before, await WhoAsync(next));
    }

    [Fact]
    public async Task Rights_cannot_change_inside_an_open_transaction()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        await using var transaction = await context.BeginAsAsync(Persona.User(People.Anna), Cancellation);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            context.AsServiceAsync(_ => Task.CompletedTask, Cancellation)
        );

        Assert.Equal(
            "A transaction is already open, so this unit of work cannot run as service_role. "
                + "Rights last for a whole transaction: commit or roll back the open one first.",
            refusal.Message
        );
        Assert.Equal("authenticated/anna", await WhoAsync(context));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Nobody_is_not_a_user(string userId) => Assert.Throws<ArgumentException>(() => Persona.User(userId));

    [Fact]
    public async Task A_user_id_is_never_read_as_SQL()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);

        await context.AsUserAsync(
            "x', true), set_config('role', 'service_role', true) --",
            async token => Assert.Empty(await context.Users.ToListAsync(token)),
            Cancellation
        );
    }

    [Fact]
    public async Task Work_is_repeated_as_a_whole_when_the_strategy_retries()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(
            database.ConnectionString,
            npgsql => npgsql.EnableRetryOnFailure()
        );
        var attempts = 0;

        await context.AsUserAsync(
            People.Anna,
            async token =>
            {
                Assert.Equal("authenticated/anna", await WhoAsync(context));
                if (++attempts == 1)
                {
                    await TerminateAsync(database.ConnectionString, await BackendAsync(context));
                    await context.Users.CountAsync(token);
                }

                Assert.Equal(1, await context.Users.CountAsync(token));
            },
            Cancellation
        );

        Assert.Equal(2, attempts);
    }

    private static async Task TerminateAsync(string connectionString, int backend)
    {
        await using var other = MigratedServer.Connect($"{connectionString};Pooling=false");
        await other.Database.ExecuteSqlAsync($"SELECT pg_terminate_backend({backend})", Cancellation);
    }

    private static Task<string> WhoAsync(AppDbContext context) =>
        context
            .Database.SqlQuery<string>(
                $"SELECT concat(current_user, '/', current_setting('app.user_id', true)) AS \"Value\""
            )
            .SingleAsync(Cancellation);

    private static Task<int> BackendAsync(AppDbContext context) =>
        context.Database.SqlQuery<int>($"SELECT pg_backend_pid() AS \"Value\"").SingleAsync(Cancellation);
}
