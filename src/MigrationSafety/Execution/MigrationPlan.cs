using Microsoft.EntityFrameworkCore.Migrations;

namespace MigrationSafety.Execution;

/// <summary>Whether a migration is applied or reverted.</summary>
internal enum MigrationDirection
{
    Up,
    Down,
}

/// <summary>One migration of a run, with the commands it consists of; the last one writes EF Core's history.</summary>
internal sealed class PlannedMigration(
    Migration migration,
    string id,
    MigrationDirection direction,
    Func<IReadOnlyList<MigrationCommand>> generate
)
{
    private IReadOnlyList<MigrationCommand>? _commands;

    public Migration Migration => migration;

    public string Id => id;

    public MigrationDirection Direction => direction;

    /// <exception cref="MigrationRefusedException">The migration's code, or EF Core, cannot make SQL of it.</exception>
    public IReadOnlyList<MigrationCommand> Commands => _commands ??= Generated();

    private IReadOnlyList<MigrationCommand> Generated()
    {
        try
        {
            return generate();
        }
        catch (Exception e) when (e is not MigrationSafetyException)
        {
            // Migration.Down throws NotSupportedException where it is not overridden.
            throw new MigrationRefusedException(
                direction == MigrationDirection.Down && e is NotSupportedException
                    ? new Failure(
                        "NoDown",
                        $"{id} cannot be reverted: {e.Message}",
                        null,
                        $"go no further back than to {id}, restore a backup, or write its Down and build again."
                    )
                    : new Failure(
                        "SqlNotGenerated",
                        $"No SQL could be made of {id} ({direction}): {e.Message}",
                        null,
                        "correct the migration, then build again."
                    ),
                e
            );
        }
    }
}

/// <summary>Everything a run would do, in order.</summary>
/// <param name="Target">The migration that was asked for by name, "0", or null for all.</param>
/// <param name="Applied">The ids in EF Core's history, oldest first, read under the lock.</param>
/// <param name="Steps">What would be reverted, newest first, or applied, oldest first.</param>
internal sealed record MigrationPlan(
    string? Target,
    IReadOnlyList<string> Applied,
    IReadOnlyList<PlannedMigration> Steps
);
