using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>What the migration that was written last does. EF Core's tools write one in a process.</summary>
internal sealed class ScaffoldedChanges
{
    public string Migration { get; private set; } = "";

    public IReadOnlyList<MigrationOperation> Up { get; private set; } = [];

    public IReadOnlyList<MigrationOperation> Down { get; private set; } = [];

    public IReadOnlyList<ScaffoldedSql> Sql { get; private set; } = [];

    public void Take(
        string migration,
        IReadOnlyList<MigrationOperation> up,
        IReadOnlyList<MigrationOperation> down,
        IReadOnlyList<ScaffoldedSql> sql
    ) => (Migration, Up, Down, Sql) = (migration, up, down, sql);
}
