using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Connections;
using MigrationSafety.Failures;
using MigrationSafety.Options.Internal;

namespace MigrationSafety.Execution;

/// <summary>
/// EF Core's migrator as seen by bundles, dotnet ef, Database.Migrate() and MigrateAsync(): runs are the rails' own, scripts and model
/// comparison stay the provider's.
/// </summary>
internal sealed partial class SafeMigrator(IMigrator inner, MigrationRun run, IDbContextOptions options) : IMigrator
{
    public void Migrate(string? targetMigration = null)
    {
        var task = MigrateAsync(targetMigration, async: false, CancellationToken.None);
        // Complete already: a synchronous run blocks where an asynchronous one awaits.
        task.AsTask().GetAwaiter().GetResult();
    }

    public Task MigrateAsync(string? targetMigration = null, CancellationToken cancellationToken = default) =>
        MigrateAsync(targetMigration, async: true, cancellationToken).AsTask();

    public string GenerateScript(
        string? fromMigration = null,
        string? toMigration = null,
        MigrationsSqlGenerationOptions options = MigrationsSqlGenerationOptions.Default
    )
    {
        ThrowIfArgumentsAreWrong();
        return options.HasFlag(MigrationsSqlGenerationOptions.Idempotent)
            ? WithoutConcurrently(inner.GenerateScript(fromMigration, toMigration, options))
            : inner.GenerateScript(fromMigration, toMigration, options);
    }

    // An idempotent script puts every command inside a PL/pgSQL block, where PostgreSQL refuses CONCURRENTLY.
    private static string WithoutConcurrently(string script) => ConcurrentIndexStatement().Replace(script, "$1");

    [GeneratedRegex(
        @"^([ \t]*(?:CREATE (?:UNIQUE )?INDEX|DROP INDEX)) CONCURRENTLY\b",
        RegexOptions.Multiline | RegexOptions.IgnoreCase
    )]
    private static partial Regex ConcurrentIndexStatement();

    public bool HasPendingModelChanges() => inner.HasPendingModelChanges();

    private async ValueTask MigrateAsync(string? targetMigration, bool async, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfArgumentsAreWrong();
            await run.RunAsync(targetMigration, inner.HasPendingModelChanges, async, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is MigrationSafetyException or ConnectionStringException
                && Microsoft.EntityFrameworkCore.EF.IsDesignTime
            )
        {
            throw DesignTimeFailure.AsToolsExpect(e);
        }
    }

    private void ThrowIfArgumentsAreWrong()
    {
        if (options.FindExtension<MigrationSafetyOptionsExtension>()?.Options.ArgumentProblem is { } problem)
        {
            throw DesignTimeFailure.AsToolsExpect(
                new MigrationRefusedException(
                    new Failure("WrongArgument", problem, null, "correct the arguments after '--'.")
                )
            );
        }
    }
}
