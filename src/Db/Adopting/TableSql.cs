using Data.Migrations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace Db.Adopting;

/// <summary>The SQL by which a migration makes one of its tables.</summary>
internal static class TableSql
{
    public static string Create(string migration, string table)
    {
        // Made without a server: only SQL is asked for.
        using var context = DesignTimeFactory.CreateFor("Host=localhost");
        var assembly = context.GetService<IMigrationsAssembly>();
        var operations = assembly
            .CreateMigration(assembly.Migrations[migration], context.Database.ProviderName!)
            .UpOperations.OfType<CreateTableOperation>()
            .Where(operation => operation.Name == table)
            .ToList<MigrationOperation>();
        return string.Join(
            '\n',
            context
                .GetService<IMigrationsSqlGenerator>()
                .Generate(operations)
                .Select(command => command.CommandText.Trim())
        );
    }
}
