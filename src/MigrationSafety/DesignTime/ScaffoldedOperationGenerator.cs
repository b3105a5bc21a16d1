using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>Writes the call for SQL that lies in a file, where EF Core would write the SQL itself.</summary>
internal sealed class ScaffoldedOperationGenerator(CSharpMigrationOperationGeneratorDependencies dependencies)
    : CSharpMigrationOperationGenerator(dependencies)
{
    protected override void Generate(SqlOperation operation, IndentedStringBuilder builder)
    {
        if (operation is ScaffoldedSqlOperation scaffolded)
        {
            builder.Append('.').Append(scaffolded.Call);
            return;
        }

        base.Generate(operation, builder);
    }
}
