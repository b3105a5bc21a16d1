using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Personas;

/// <summary>Tries a command on a table through the DbContext, inside a transaction that already runs as the persona.</summary>
internal static class ContextProbe
{
    private sealed record EntitySet(
        Func<AppDbContext, CancellationToken, Task<List<object>>> Read,
        Func<object, (string Owner, bool IsPublic)> OwnerOf,
        Func<string, object> New,
        string Property,
        object Value
    );

    private static readonly Dictionary<string, EntitySet> Tables = new()
    {
        ["users"] = Set<User>(
            user => (user.Id, false),
            owner => People.NewUser($"new-{owner}"),
            nameof(User.Country),
            "CH"
        ),
        ["session"] = Set<Session>(
            session => (session.UserId, false),
            owner => People.NewSession($"new-{owner}", owner),
            nameof(Session.UserAgent),
            "x"
        ),
        ["account"] = Set<Account>(
            account => (account.UserId, false),
            owner => People.NewAccount($"new-{owner}", owner),
            nameof(Account.Scope),
            "x"
        ),
        ["verification"] = Set<Verification>(
            _ => ("", false),
            owner => People.NewVerification($"new-{owner}"),
            nameof(Verification.Value),
            "x"
        ),
        ["users_metas"] = Set<UserMeta>(
            meta => (meta.UserId, meta.IsPublic),
            owner => People.NewMeta(owner, "new", isPublic: false),
            nameof(UserMeta.DataType),
            "x"
        ),
        ["api_key"] = Set<ApiKey>(
            key => (key.UserId, false),
            owner => People.NewApiKey($"new-{owner}", owner),
            nameof(ApiKey.Name),
            "x"
        ),
        ["api_audit_log"] = Set<ApiAuditLogEntry>(
            entry => (entry.UserId, false),
            owner => People.NewAuditEntry($"key-{owner}", owner),
            nameof(ApiAuditLogEntry.Endpoint),
            "x"
        ),
    };

    /// <summary>Every row of the table, read by whoever the context is connected as.</summary>
    internal static async Task<List<object>> ReadAsync(AppDbContext context, string table) =>
        await Tables[table].Read(context, TestContext.Current.CancellationToken);

    internal static (string Owner, bool IsPublic) OwnerOf(string table, object entity) => Tables[table].OwnerOf(entity);

    /// <summary>The rows reached; for an insert, the owners for whom a row could be made.</summary>
    /// <param name="context">Inside a transaction that runs as the persona.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="command">select, insert, update or delete.</param>
    /// <param name="rows">Every row there is, to try an update or a delete on.</param>
    internal static async Task<List<(string Owner, bool IsPublic)>> ReachAsync(
        AppDbContext context,
        string table,
        string command,
        IReadOnlyList<object> rows
    )
    {
        var set = Tables[table];
        switch (command)
        {
            case "select":
                try
                {
                    return [.. (await ReadAsync(context, table)).Select(set.OwnerOf)];
                }
                catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                {
                    return [];
                }

            case "insert":
                return await EachAsync(People.All, owner => (owner, false), owner => context.Add(set.New(owner)));

            case "update":
                return await EachAsync(
                    rows,
                    set.OwnerOf,
                    row =>
                    {
                        var entry = context.Attach(row);
                        entry.Property(set.Property).CurrentValue = set.Value;
                        entry.Property(set.Property).IsModified = true;
                    }
                );

            case "delete":
                return await EachAsync(rows, set.OwnerOf, row => context.Remove(row));

            default:
                throw new ArgumentOutOfRangeException(nameof(command), command, null);
        }

        async Task<List<(string, bool)>> EachAsync<T>(
            IEnumerable<T> candidates,
            Func<T, (string, bool)> ownerOf,
            Action<T> change
        )
        {
            var reached = new List<(string, bool)>();
            foreach (var candidate in candidates)
            {
                context.ChangeTracker.Clear();
                change(candidate);
                try
                {
                    await context.SaveChangesAsync(TestContext.Current.CancellationToken);
                    reached.Add(ownerOf(candidate));
                }
                catch (DbUpdateConcurrencyException)
                {
                    // The row is not there for this persona: no row was affected.
                }
                catch (DbUpdateException failure)
                    when (failure.InnerException
                            is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege }
                    )
                {
                    // Refused; EF Core has rolled back to its own savepoint.
                }
            }

            return reached;
        }
    }

    private static EntitySet Set<T>(
        Func<T, (string, bool)> ownerOf,
        Func<string, object> create,
        string property,
        object value
    )
        where T : class =>
        new(
            async (context, cancellationToken) =>
                [.. await context.Set<T>().AsNoTracking().ToListAsync(cancellationToken)],
            entity => ownerOf((T)entity),
            create,
            property,
            value
        );
}
