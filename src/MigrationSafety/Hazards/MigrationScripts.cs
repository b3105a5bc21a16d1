using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Storage;

namespace MigrationSafety.Hazards;

/// <summary>The migrations of a context as scripts that can be reviewed. Needs no server.</summary>
public static class MigrationScripts
{
    /// <summary>
    /// Every migration in its order, Up and then Down, as the context's own SQL generator writes them: what the rails make harmless is
    /// harmless here too.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="isHistory">Which migrations ran long ago: their Up is read for what it made, their Down not at all. Null means none.</param>
    /// <param name="withDown">Whether the ways down are wanted.</param>
    public static IEnumerable<HazardScript> Of(
        DbContext context,
        Func<string, bool>? isHistory = null,
        bool withDown = true
    )
    {
        var assembly = context.GetService<IMigrationsAssembly>();
        var generator = context.GetService<IMigrationsSqlGenerator>();
        var initializer = context.GetService<IModelRuntimeInitializer>();
        var provider = context.GetService<IDatabaseProvider>().Name;
        IModel? before = null;
        foreach (var (id, type) in assembly.Migrations.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            var migration = assembly.CreateMigration(type, provider);
            var history = isHistory?.Invoke(id) == true;
            var after = initializer.Initialize(migration.TargetModel, designTime: true, validationLogger: null);
            var accepted = AcceptedHazard.Of(type);
            yield return new HazardScript(Commands(generator, migration.UpOperations, after))
            {
                Migration = id,
                Direction = "Up",
                Accepted = accepted,
                IsHistory = history,
            };
            if (withDown && !history && DownOf(migration) is { } down)
            {
                yield return new HazardScript(Commands(generator, down, before))
                {
                    Migration = id,
                    Direction = "Down",
                    Accepted = accepted,
                };
            }

            before = after;
        }
    }

    /// <summary>Operations as commands.</summary>
    internal static IReadOnlyList<HazardCommand> Commands(
        IMigrationsSqlGenerator generator,
        IReadOnlyList<MigrationOperation> operations,
        IModel? model
    ) =>
        [
            .. generator
                .Generate(operations, model)
                .Select(command => new HazardCommand(command.CommandText)
                {
                    TransactionSuppressed = command.TransactionSuppressed,
                    Line = 0,
                }),
        ];

    // One without a Down throws; that it cannot be reverted is said when somebody wants to.
    private static IReadOnlyList<MigrationOperation>? DownOf(Migration migration)
    {
        try
        {
            return migration.DownOperations;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }
}
