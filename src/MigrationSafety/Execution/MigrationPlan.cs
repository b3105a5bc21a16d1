using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Statements;

namespace MigrationSafety.Execution;

/// <summary>Whether a migration is applied or reverted.</summary>
internal enum MigrationDirection
{
    Up,
    Down,
}

/// <summary>One migration of a run, with the commands it consists of; the last one writes EF Core's history.</summary>
/// <remarks>
/// The migration itself is made when it is needed and let go: it holds the model of its time, and a thousand models are most of what a
/// run from empty would keep in memory.
/// </remarks>
internal sealed class PlannedMigration(
    string id,
    MigrationDirection direction,
    TypeInfo type,
    MigrationCode code,
    Func<Migration, IReadOnlyList<MigrationCommand>> generate,
    Func<Migration, IReadOnlyList<MigrationCommand>>? revert = null
)
{
    private Generated? _generated;

    public string Id => id;

    public MigrationDirection Direction => direction;

    /// <exception cref="MigrationRefusedException">The migration's code, or EF Core, cannot make SQL of it.</exception>
    public IReadOnlyList<MigrationCommand> Commands => (_generated ??= Generate()).Commands;

    /// <summary>The checksum of what it does when applied.</summary>
    public string Checksum => (_generated ??= Generate()).Checksum;

    /// <summary>Whether it makes or changes types or extensions, which Npgsql then has to read again.</summary>
    public bool AltersDatabase => (_generated ??= Generate()).AltersDatabase;

    /// <summary>The statements of a command, taken apart once for all who look at them.</summary>
    public IReadOnlyList<SqlStatement> StatementsOf(int command)
    {
        var generated = _generated ??= Generate();
        return generated.Statements[command] ??= SqlScanner.Split(generated.Commands[command].CommandText);
    }

    /// <summary>The statements of the commands from a number on.</summary>
    public IEnumerable<SqlStatement> StatementsFrom(int command) =>
        Enumerable.Range(command, Math.Max(0, Commands.Count - command)).SelectMany(StatementsOf);

    /// <summary>The commands that would revert it; null where there are none, or where it is being reverted already.</summary>
    public IReadOnlyList<MigrationCommand>? ToRevert()
    {
        try
        {
            return revert?.Invoke(Make());
        }
        catch (Exception)
        {
            // One without a Down throws; that is told to whoever wants to go back.
            return null;
        }
    }

    /// <summary>The migration, made anew.</summary>
    public Migration Make() => code.Make(type);

    private sealed record Generated(
        IReadOnlyList<MigrationCommand> Commands,
        IReadOnlyList<SqlStatement>?[] Statements,
        string Checksum,
        bool AltersDatabase
    );

    private Generated Generate()
    {
        try
        {
            // Of a migration of its own: Npgsql changes some operations while it makes SQL of them (an identity column loses its default,
            // serial becomes a type), and the next run sees them unchanged.
            var checksum = direction == MigrationDirection.Up ? code.ChecksumOf(id) : "";
            var migration = Make();
            var commands = generate(migration);
            return new Generated(
                commands,
                new IReadOnlyList<SqlStatement>?[commands.Count],
                checksum,
                migration.UpOperations.OfType<AlterDatabaseOperation>().Any()
            );
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
