using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Contract;

public sealed class TriggerTests(MigratedServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Ada", null, null, "Ada")]
    [InlineData("ignored", "Ada", "Lovelace", "Ada Lovelace")]
    [InlineData("ignored", "Ada", null, "Ada")]
    [InlineData(null, null, "Lovelace", "Lovelace")]
    [InlineData("Ada", "", " ", "Ada")]
    [InlineData(null, null, null, null)]
    public async Task A_name_is_first_and_last_name_or_what_was_written(
        string? name,
        string? firstName,
        string? lastName,
        string? expected
    )
    {
        await using var database = await server.CreateMigratedAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        var user = new User
        {
            Id = "ada",
            Email = "ada@example.test",
            Name = name,
            FirstName = firstName,
            LastName = lastName,
        };
        context.Add(user);
        await context.SaveChangesAsync(Cancellation);

        await context.Entry(user).ReloadAsync(Cancellation);
        Assert.Equal(expected, user.Name);
    }

    [Fact]
    public async Task A_name_follows_a_changed_first_name_and_survives_losing_both()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        var anna = await context.Users.SingleAsync(user => user.Id == People.Anna, Cancellation);

        anna.FirstName = "Anna";
        anna.LastName = "Berg";
        Assert.Equal("Anna Berg", await SaveAsync());
        anna.Name = "Anna B.";
        Assert.Equal("Anna B.", await SaveAsync());
        anna.FirstName = null;
        Assert.Equal("Berg", await SaveAsync());
        anna.LastName = null;
        Assert.Equal("Berg", await SaveAsync());

        async Task<string?> SaveAsync()
        {
            await context.SaveChangesAsync(Cancellation);
            await context.Entry(anna).ReloadAsync(Cancellation);
            return anna.Name;
        }
    }

    [Theory]
    [InlineData("users")]
    [InlineData("session")]
    [InlineData("account")]
    [InlineData("verification")]
    [InlineData("users_metas")]
    [InlineData("api_key")]
    public async Task An_update_moves_updatedAt_whatever_it_writes(string table)
    {
        await using var database = await server.CreatePeopledAsync();
        await using var connection = await MigratedServer.OpenAsync(database.ConnectionString);

        await using var update = new NpgsqlCommand(
            $"""
            WITH moved AS (UPDATE {table} SET "updatedAt" = '2000-01-01' RETURNING "updatedAt")
            SELECT bool_and("updatedAt" = now()) FROM moved
            """,
            connection
        );

        Assert.Equal(true, await update.ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task The_context_reads_the_moved_updatedAt_back()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        var session = await context.Sessions.FirstAsync(Cancellation);
        var before = session.UpdatedAt;

        session.UserAgent = "another";
        await context.SaveChangesAsync(Cancellation);

        Assert.True(session.UpdatedAt > before);
    }
}
