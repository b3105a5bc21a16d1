using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>What PostgreSQL need not read a table for, because a valid constraint says it already.</summary>
internal static class Proven
{
    /// <summary>Whether a valid constraint says that the column is not null, alone or among other things that must hold too.</summary>
    public static bool NotNull(TableState? table, string column) =>
        table is not null
        && table.Constraints.Any(c =>
            c.IsValid
            && (
                (c.Kind == ConstraintKind.NotNull && c.Columns.Contains(column))
                || (c.Kind == ConstraintKind.Check && c.Expression is { } expression && SaysNotNull(expression, column))
            )
        );

    /// <summary>The columns that a statement makes NOT NULL at once: by SET NOT NULL, or by a constraint of PostgreSQL 18 without NOT VALID.</summary>
    public static IEnumerable<string> Required(AlterTable alter) =>
        alter
            .Actions.Select(action =>
                action switch
                {
                    SetNotNull set => set.Column,
                    AddConstraint
                    {
                        Constraint: { Kind: ConstraintKind.NotNull, IsNotValid: false, Columns: [var column] }
                    } => column,
                    _ => null,
                }
            )
            .OfType<string>();

    /// <summary>The way to NOT NULL on which nobody waits.</summary>
    public static Step[] StepsToNotNull(ObjectName table, string column, HazardContext context)
    {
        var quoted = ObjectName.Quoted(column);
        var check = ObjectName.Quoted($"{table.Name}_{column}_not_null");
        if (context.Options.PostgresVersion >= 18)
        {
            return
            [
                new Step($"ALTER TABLE {table} ADD CONSTRAINT {check} NOT NULL {quoted} NOT VALID"),
                new Step($"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", Alone: true, "in a later transaction:"),
            ];
        }

        return
        [
            new Step(
                $"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID",
                Remark: "each in a transaction of its own:"
            ),
            new Step($"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", Alone: true),
            new Step($"ALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL"),
            new Step($"ALTER TABLE {table} DROP CONSTRAINT {check}"),
        ];
    }

    /// <summary>Whether an expression says that the column is not null, whatever else it says.</summary>
    public static bool SaysNotNull(Expression expression, string column)
    {
        var tokens = expression.Tokens.Where(t => !t.IsSymbol("(") && !t.IsSymbol(")")).ToList();
        if (tokens.Any(t => t.IsWord("OR") || t.IsWord("CASE")))
        {
            return false;
        }

        for (var i = 0; i + 3 < tokens.Count; i++)
        {
            if (
                tokens[i].IsName
                && tokens[i].Name == column
                && (i == 0 || tokens[i - 1].IsWord("AND"))
                && tokens[i + 1].IsWord("IS")
                && tokens[i + 2].IsWord("NOT")
                && tokens[i + 3].IsWord("NULL")
                && (i + 4 == tokens.Count || tokens[i + 4].IsWord("AND"))
            )
            {
                return true;
            }
        }

        return false;
    }
}
