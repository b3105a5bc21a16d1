using Data.Access;
using Data.Configurations;
using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Data;

/// <summary>The application's database: users and how they sign in, their values, API keys and the audit log.</summary>
/// <remarks>
/// Connected as an owner or as the service, row-level security does not limit it. To be limited to what one user may see and
/// do, run a unit of work under <see cref="AsUserAsync(string, Func{CancellationToken, Task}, CancellationToken)"/>.
/// </remarks>
public class AppDbContext(DbContextOptions<AppDbContext> options) : DbContext(options)
{
    /// <summary>People who can sign in.</summary>
    public DbSet<User> Users => Set<User>();

    /// <summary>Signed-in browsers and devices.</summary>
    public DbSet<Session> Sessions => Set<Session>();

    /// <summary>Ways a user can sign in.</summary>
    public DbSet<Account> Accounts => Set<Account>();

    /// <summary>Pending proofs; the service's alone.</summary>
    public DbSet<Verification> Verifications => Set<Verification>();

    /// <summary>Named values of a user, beyond the columns.</summary>
    public DbSet<UserMeta> UserMetas => Set<UserMeta>();

    /// <summary>Keys that users call the API with.</summary>
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    /// <summary>Calls made with API keys.</summary>
    public DbSet<ApiAuditLogEntry> ApiAuditLog => Set<ApiAuditLogEntry>();

    /// <summary>
    /// Begins a transaction in which every command runs with the rights of <paramref name="persona"/> and no others. Commit it
    /// to keep the work; disposing of it uncommitted undoes the work. Either ends the rights, so that a pooled connection
    /// never carries them on.
    /// </summary>
    /// <exception cref="InvalidOperationException">A transaction is already open; rights cannot change inside one.</exception>
    public async Task<IDbContextTransaction> BeginAsAsync(
        Persona persona,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(persona);
        if (Database.CurrentTransaction is not null)
        {
            throw new InvalidOperationException(
                $"A transaction is already open, so this unit of work cannot run as {persona}. "
                    + "Rights last for a whole transaction: commit or roll back the open one first."
            );
        }

        var transaction = await Database.BeginTransactionAsync(cancellationToken);
        try
        {
            // SET LOCAL in both cases (the third argument): PostgreSQL itself takes the rights back at the end of the
            // transaction, however it ends. One statement, so one round trip.
            await Database.ExecuteSqlAsync(
                $"SELECT set_config('role', {persona.Role}, true), set_config('app.user_id', {persona.UserId ?? ""}, true)",
                cancellationToken
            );
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs <paramref name="work"/> as the signed-in user <paramref name="userId"/>, in one transaction.</summary>
    /// <remarks>
    /// The transaction is committed when <paramref name="work"/> ends and rolled back when it throws. Under a retrying
    /// execution strategy <paramref name="work"/> may run more than once; it must not act outside the database.
    /// </remarks>
    public Task AsUserAsync(
        string userId,
        Func<CancellationToken, Task> work,
        CancellationToken cancellationToken = default
    ) => AsAsync(Persona.User(userId), work, cancellationToken);

    /// <summary>Runs <paramref name="work"/> as the service, in one transaction. See <see cref="AsUserAsync"/>.</summary>
    public Task AsServiceAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken = default) =>
        AsAsync(Persona.Service, work, cancellationToken);

    /// <summary>Runs <paramref name="work"/> as somebody not signed in, in one transaction. See <see cref="AsUserAsync"/>.</summary>
    public Task AsAnonymousAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken = default) =>
        AsAsync(Persona.Anonymous, work, cancellationToken);

    private Task AsAsync(Persona persona, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Database
            .CreateExecutionStrategy()
            .ExecuteAsync(
                async token =>
                {
                    await using var transaction = await BeginAsAsync(persona, token);
                    await work(token);
                    await transaction.CommitAsync(token);
                },
                cancellationToken
            );
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        // In the contract's order, which comparisons and ORDER BY follow; left to itself the mapping sorts labels by name.
        modelBuilder.HasPostgresEnum("api_key_status", ["active", "inactive", "expired"]);

        modelBuilder.ApplyConfiguration(new UserConfiguration());
        modelBuilder.ApplyConfiguration(new SessionConfiguration());
        modelBuilder.ApplyConfiguration(new SessionSecretConfiguration());
        modelBuilder.ApplyConfiguration(new AccountConfiguration());
        modelBuilder.ApplyConfiguration(new AccountSecretConfiguration());
        modelBuilder.ApplyConfiguration(new VerificationConfiguration());
        modelBuilder.ApplyConfiguration(new UserMetaConfiguration());
        modelBuilder.ApplyConfiguration(new ApiKeyConfiguration());
        modelBuilder.ApplyConfiguration(new ApiKeySecretConfiguration());
        modelBuilder.ApplyConfiguration(new ApiAuditLogEntryConfiguration());
    }
}
