using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A new column whose default differs from row to row makes PostgreSQL write the whole table anew while readers and writers wait
/// (AccessExclusive). Here the column comes empty, the default holds for rows to come, and existing rows are filled in portions.
/// </summary>
/// <remarks>
/// A constant, or a value that is the same for the whole statement (now()), is kept in the catalogs and costs nothing: that is left
/// alone. Identity, serial and generated columns have no such form; a check says what to do instead.
/// </remarks>
internal sealed class VolatileDefaultRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope)
    {
        if (
            scope.Current is not AddColumnOperation { DefaultValueSql: { } sql, ComputedColumnSql: null } column
            || scope.IsNew(column.Schema, column.Table)
            || column["Npgsql:ValueGenerationStrategy"] is not null
            || column["Npgsql:TsVectorConfig"] is not null
            || !DefaultVolatility.DiffersFromRowToRow(sql)
        )
        {
            return null;
        }

        var empty = column.Copy();
        (empty.IsNullable, empty.DefaultValue, empty.DefaultValueSql) = (true, null, null);
        return new Rewrite([
            empty.Noted("added empty, so that the table is not written anew"),
            new SetDefaultOperation(column).Noted("holds for new rows from now on"),
            Backfill.WithDefault(scope, column.Schema, column.Table, column.Name, firesTriggers: false),
            .. column.IsNullable ? [] : NotNull.Online(scope, column.Schema, column.Table, column.Name),
        ]);
    }
}
