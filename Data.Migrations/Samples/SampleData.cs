using System.Data.Common;
using Data.Entities;
using Microsoft.EntityFrameworkCore;
using MigrationSafety;

namespace Data.Migrations.Samples;

/// <summary>
/// Users, values and API keys for development and tests: never by default, never where production is named, and never beside
/// users that are not sample users.
/// </summary>
public static class SampleData
{
    /// <summary>The argument, after <c>--</c>, that asks for sample data.</summary>
    public const string Argument = "--sample-data";

    /// <summary>Why no sample data may be made anywhere from here; null where nothing speaks against it.</summary>
    /// <param name="environment">Looks a variable up.</param>
    public static Failure? RefusedBy(Func<string, string?> environment) =>
        ProductionEnvironment.Named(environment) is { } variable
            ? Refusal(
                $"Sample data is refused: {variable} says that this is production, where known users and keys are a breach.",
                $"leave {Argument} out, or unset the variable where this is not production."
            )
            : null;

    /// <summary>Why sample data may not be made in a database; null where nothing speaks against it.</summary>
    /// <param name="connection">Open. Whatever migrations the database has.</param>
    /// <param name="environment">Looks a variable up.</param>
    public static Failure? RefusedBy(DbConnection connection, Func<string, string?> environment)
    {
        if (RefusedBy(environment) is { } refusal)
        {
            return refusal;
        }

        var others = OtherUsers(connection);
        return others == 0
            ? null
            : Refusal(
                $"Sample data is refused: this database holds {others:N0} {(others == 1 ? "user" : "users")} that "
                    + $"{(others == 1 ? "is not a sample user" : "are not sample users")}, so it may be in use.",
                $"leave {Argument} out, or use a database of your own: dotnet run --project src/Db -- up"
            );
    }

    /// <summary>Makes what is missing, in one transaction; a second call makes nothing.</summary>
    /// <param name="context">Connected as the owner, with every migration applied.</param>
    /// <param name="print">Takes a line at a time. The secrets of new keys are printed here, once, and stored nowhere.</param>
    /// <param name="cancellationToken">Ends the work; nothing is kept.</param>
    /// <exception cref="MigrationRefusedException">A migration is pending, or the database holds users that are not sample users.</exception>
    public static async Task EnsureAsync(
        AppDbContext context,
        Action<string> print,
        CancellationToken cancellationToken = default
    )
    {
        await RefuseBeforeTheLastMigrationAsync(context, cancellationToken);
        // EF Core seeds inside a transaction of its own where nothing was left to migrate.
        var (users, keys) = context.Database.CurrentTransaction is null
            ? await context
                .Database.CreateExecutionStrategy()
                .ExecuteAsync(
                    async token =>
                    {
                        await using var transaction = await context.Database.BeginTransactionAsync(token);
                        var made = await MakeMissingAsync(context, token);
                        await transaction.CommitAsync(token);
                        return made;
                    },
                    cancellationToken
                )
            : await MakeMissingAsync(context, cancellationToken);
        Report(print, users, keys);
    }

    private static async Task<(int Users, List<SampleApiKey> Keys)> MakeMissingAsync(
        AppDbContext context,
        CancellationToken cancellationToken
    )
    {
        context.ChangeTracker.Clear();
        // Two runs at once would both find nothing and both insert: the second waits here and finds all made.
        await context.Database.ExecuteSqlAsync(
            $"SELECT pg_advisory_xact_lock(hashtextextended('sample data', 0))",
            cancellationToken
        );
        // Asked again under the lock: somebody may have signed up while the migrations ran.
        if (RefusedBy(context.Database.GetDbConnection(), Environment.GetEnvironmentVariable) is { } failure)
        {
            throw new MigrationRefusedException(failure);
        }

        return await AddMissingAsync(context, cancellationToken);
    }

    private static async Task RefuseBeforeTheLastMigrationAsync(
        AppDbContext context,
        CancellationToken cancellationToken
    )
    {
        var pending = (await context.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
        if (pending.Count > 0)
        {
            throw new MigrationRefusedException(
                Refusal(
                    $"Sample data needs every migration, and {string.Join(", ", pending)} "
                        + $"{(pending.Count == 1 ? "is" : "are")} not applied. No sample data was made.",
                    $"name no older migration together with {Argument}."
                )
            );
        }
    }

    private static long OtherUsers(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT to_regclass('public.users') IS NOT NULL";
        if (command.ExecuteScalar() is false)
        {
            return 0;
        }

        command.CommandText = $"""
            SELECT count(*) FROM public.users
            WHERE NOT (starts_with(id, '{SamplePeople.IdPrefix}') AND email LIKE '%{SamplePeople.EmailSuffix}')
            """;
        return (long)command.ExecuteScalar()!;
    }

    private static async Task<(int Users, List<SampleApiKey> Keys)> AddMissingAsync(
        AppDbContext context,
        CancellationToken cancellationToken
    )
    {
        var present = await context.Users.Select(user => user.Id).ToListAsync(cancellationToken);
        var metas = await context.UserMetas.Select(meta => meta.UserId + "/" + meta.Key).ToListAsync(cancellationToken);
        var owners = await context
            .ApiKeys.Where(key => key.Name == SampleApiKey.Name)
            .Select(key => key.UserId)
            .ToListAsync(cancellationToken);

        foreach (var user in SamplePeople.Users())
        {
            if (!present.Contains(user.Id))
            {
                context.Add(user);
            }

            context.AddRange(SamplePeople.MetasOf(user).Where(meta => !metas.Contains($"{meta.UserId}/{meta.Key}")));
        }

        var users = context.ChangeTracker.Entries<User>().Count();
        await context.SaveChangesAsync(cancellationToken);

        var keys = new List<SampleApiKey>();
        foreach (var user in SamplePeople.Users().Where(user => !owners.Contains(user.Id)))
        {
            keys.Add(await SampleApiKey.AddAsync(context, user, cancellationToken));
        }

        return (users, keys);
    }

    private static Failure Refusal(string what, string toDo) => new("SampleDataRefused", what, null, toDo);

    private static void Report(Action<string> print, int users, List<SampleApiKey> keys)
    {
        if (users == 0 && keys.Count == 0)
        {
            print("Sample data: everything is there already.");
            return;
        }

        print($"Sample data: {users} users and {keys.Count} API keys made.");
        if (keys.Count > 0)
        {
            print("These keys are shown once and stored nowhere; delete one and ask again for a new one.");
            foreach (var (email, secret) in keys)
            {
                print($"  {email, -34} {secret}");
            }
        }
    }
}
