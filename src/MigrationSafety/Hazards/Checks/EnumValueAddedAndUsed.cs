using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A new label of an enum, used in the transaction that adds it.</summary>
internal sealed class EnumValueAddedAndUsed : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "enum-value-added-and-used",
            HazardGroup.LeavesAMess,
            "A new label of an enum is used in the transaction that adds it",
            "PostgreSQL refuses to use a label before the transaction that added it is committed (error 55P04, unsafe use of new value). The migration fails "
                + "on its first run. Add the label in one migration, use it in the next.",
            null,
            [
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE users (id bigint PRIMARY KEY, mood mood);",
                    """
                    BEGIN;
                    ALTER TYPE mood ADD VALUE 'happy';
                    UPDATE users SET mood = 'happy' WHERE id = 1;
                    COMMIT;
                    """,
                    """
                    ALTER TYPE mood ADD VALUE 'happy';
                    UPDATE users SET mood = 'happy' WHERE id = 1;
                    """,
                    """
                    // one migration adds the label, the next one uses it
                    migrationBuilder.Sql("ALTER TYPE mood ADD VALUE 'happy';");
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Transaction is null
            || statement.Statement is CommentStatement or AddEnumValue or DoBlock or RenameEnumValue
        )
        {
            yield break;
        }

        var added = context
            .AddedLabels.Where(a => a.Index < context.Index && a.Statement.Transaction == statement.Transaction)
            .Select(a => (AddEnumValue)a.Statement.Statement)
            // A label may be used at once where the type itself is as new.
            .Where(a =>
                context.Schema.Enums.GetValueOrDefault(context.Schema.Resolve(a.Type))?.CreatedIn
                != context.Schema.Migration
            )
            .ToList();
        if (added.Count == 0)
        {
            yield break;
        }

        var strings = SqlLexer
            .Read(statement.Text)
            .Where(t => t.Kind == SqlTokenKind.String)
            .Select(t => t.Text)
            .ToHashSet();
        if (added.FirstOrDefault(a => strings.Contains(a.Label)) is { } used)
        {
            yield return new Found(
                statement,
                context.Shown(used.Type),
                $"'{used.Label}' was added to {context.Shown(used.Type)} in this transaction, and cannot be used before it is committed: PostgreSQL refuses it with error 55P04, and "
                    + "the migration fails.",
                Instead.Remarks(
                    context,
                    context.IsMigration
                        ? "put what uses it into a migration of its own, after this one: dotnet ef migrations add …"
                        : "COMMIT; after ALTER TYPE … ADD VALUE, or a file of its own for what uses it."
                )
            );
        }
    }
}
