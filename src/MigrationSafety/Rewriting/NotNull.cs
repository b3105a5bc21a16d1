using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>The steps that make a column NOT NULL without keeping anybody out while its rows are looked at.</summary>
internal static class NotNull
{
    /// <param name="scope">Quotes names.</param>
    /// <param name="schema">The table's schema.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="fill">
    /// Fills NULLs, or null. It runs once no more can come: what others wrote between a first filling and now would fail the validation for
    /// good.
    /// </param>
    public static IEnumerable<MigrationOperation> Online(
        RewriteScope scope,
        string? schema,
        string table,
        string column,
        MigrationOperation? fill = null
    )
    {
        var (t, c) = (scope.Quoted(table, schema), scope.Quoted(column));
        if (scope.HasNotNullNotValid)
        {
            var named = scope.Quoted(ObjectName.OfNotNull(table, column));
            yield return OnlineSql.Alone(
                $"ALTER TABLE {t} ADD CONSTRAINT {named} NOT NULL {c} NOT VALID;",
                "NOT NULL holds for new rows from now on; existing ones are looked at later"
            );
            if (fill is not null)
            {
                yield return fill;
            }

            yield return OnlineSql.Validate(t, named);
            yield break;
        }

        var check = scope.Quoted(ObjectName.With($"{table}_{column}", "is_not_null"));
        yield return OnlineSql.Alone(
            $"ALTER TABLE {t} ADD CONSTRAINT {check} CHECK ({c} IS NOT NULL) NOT VALID;",
            "NOT NULL holds for new rows from now on; existing ones are looked at later"
        );
        if (fill is not null)
        {
            yield return fill;
        }

        yield return OnlineSql.Validate(t, check);
        // Two statements: in one, PostgreSQL would drop the check first and then look at every row for want of it.
        yield return OnlineSql.Alone(
            $"ALTER TABLE {t} ALTER COLUMN {c} SET NOT NULL;\nALTER TABLE {t} DROP CONSTRAINT {check};",
            "the valid check proves it, so no row is looked at"
        );
    }
}
