using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>Adds the project's SQL for each new table to the migration that EF Core writes, and remembers its operations.</summary>
internal sealed class ScaffoldedMigrationGenerator(
    MigrationsCodeGeneratorDependencies dependencies,
    CSharpMigrationsGeneratorDependencies csharpDependencies,
    ScaffoldedChanges changes,
    IEnumerable<INewTableSql> templates
) : CSharpMigrationsGenerator(dependencies, csharpDependencies)
{
    public override string GenerateMigration(
        string? migrationNamespace,
        string migrationName,
        IReadOnlyList<MigrationOperation> upOperations,
        IReadOnlyList<MigrationOperation> downOperations
    )
    {
        List<ScaffoldedSql> sql =
        [
            .. upOperations
                .OfType<CreateTableOperation>()
                .SelectMany(table => templates.Select(template => template.For(migrationName, table)))
                .OfType<ScaffoldedSql>(),
        ];
        List<MigrationOperation> up = [.. upOperations, .. sql.Select(file => Operation(file.Call, file.Up.Sql))];
        List<MigrationOperation> down =
        [
            .. sql.AsEnumerable().Reverse().Select(file => Operation(file.Call, file.Down.Sql)),
            .. downOperations,
        ];
        changes.Take(migrationName, up, down, sql);
        return base.GenerateMigration(migrationNamespace, migrationName, up, down);

        static ScaffoldedSqlOperation Operation(string call, string sql) => new() { Call = call, Sql = sql };
    }
}
