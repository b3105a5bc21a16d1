using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace MigrationSafety.Rewriting;

/// <summary>
/// SET NOT NULL looks at every row while readers and writers wait (AccessExclusive), and EF Core's UPDATE before it holds every row it
/// changed until then. Here the default is set first, rows are filled in portions, and a check proves that none is left.
/// </summary>
internal sealed class RequiredColumnRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope)
    {
        if (
            scope.Current is not AlterColumnOperation { IsNullable: false, OldColumn.IsNullable: true } column
            || scope.IsNew(column.Schema, column.Table)
            // Npgsql drops and adds a computed column; and only a column that is NOT NULL already can become an identity.
            || column.ComputedColumnSql is not null
            || column.OldColumn.ComputedColumnSql is not null
            || column["Npgsql:TsVectorConfig"] is not null
            || column["Npgsql:ValueGenerationStrategy"]
                is NpgsqlValueGenerationStrategy.IdentityAlwaysColumn
                    or NpgsqlValueGenerationStrategy.IdentityByDefaultColumn
                    or NpgsqlValueGenerationStrategy.SerialColumn
        )
        {
            return null;
        }

        // Everything else that changes, the default above all: from then on rows are complete when they are inserted.
        var rest = column.Copy();
        rest.IsNullable = true;
        if (column.DefaultValue is null && column.DefaultValueSql is null)
        {
            return new Rewrite([rest, .. NotNull.Online(scope, column.Schema, column.Table, column.Name)]);
        }

        return new Rewrite([
            rest,
            Fill(mustEnd: false),
            .. NotNull.Online(scope, column.Schema, column.Table, column.Name, Fill(mustEnd: true)),
        ]);

        SqlOperation Fill(bool mustEnd) =>
            Backfill.WithDefault(scope, column.Schema, column.Table, column.Name, firesTriggers: true, mustEnd);
    }
}
