namespace MigrationSafety.Execution;

/// <summary>
/// Counts how often the connection was lost while one and the same command ran. Once is an accident; a command that ends its server process
/// (out of memory, a crash) ends it each time, and every session of the server with it.
/// </summary>
internal sealed class LossesAtCommand
{
    /// <summary>So many times a command is tried.</summary>
    public const int Most = 3;

    private (string Migration, int Command)? _at;
    private int _count;

    /// <summary>Notes a loss; the migration and the index of its command where that was one too many, else null.</summary>
    public (PlannedMigration Migration, int Command)? Note(RunProgress progress)
    {
        // While the server starts again nothing runs, and that is not another loss.
        if (progress is not { Current: { } migration, Running: { } command })
        {
            return null;
        }

        progress.Running = null;
        _count = _at == (migration.Id, command) ? _count + 1 : 1;
        _at = (migration.Id, command);
        return _count < Most ? null : (migration, command);
    }
}
