using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP … CASCADE.</summary>
internal sealed class DropCascade : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-cascade",
            HazardGroup.LosesData,
            "Whatever depends on this is dropped too, unnamed",
            "With CASCADE, DROP takes along everything that depends on the object: views, foreign keys, policies, defaults, columns of a type, and what "
                + "depends on those. What that is differs from database to database, and no review shows it. Without CASCADE, PostgreSQL refuses and "
                + "lists it.",
            "ACCESS EXCLUSIVE on every table that is touched",
            [
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE users (id bigint PRIMARY KEY, mood mood);",
                    "DROP TYPE mood CASCADE;",
                    null
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, CONSTRAINT users_key UNIQUE (id));",
                    "ALTER TABLE users DROP CONSTRAINT users_key CASCADE;",
                    "ALTER TABLE users DROP CONSTRAINT users_key;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var dropped = statement.Statement switch
        {
            DropStatement
            {
                Cascade: true,
                Kind: not (ObjectKind.Role or ObjectKind.Policy or ObjectKind.Trigger or ObjectKind.Rule)
            } drop when !IsNew(drop, context) => string.Join(", ", drop.Names),
            AlterTable alter when context.IsInUse(alter.Name) => alter
                .Actions.Select(a =>
                    a switch
                    {
                        DropColumn { Cascade: true, Column: var column } => $"the column {ObjectName.Quoted(column)}",
                        DropConstraint { Cascade: true, Name: var name } => $"the constraint {ObjectName.Quoted(name)}",
                        _ => null,
                    }
                )
                .FirstOrDefault(a => a is not null),
            _ => null,
        };
        if (dropped is null)
        {
            yield break;
        }

        yield return new Found(
            statement,
            statement.Statement is AlterTable { Name: var table }
                ? context.Shown(table)
                : ((DropStatement)statement.Statement).Names[0].ToString(),
            $"With {dropped} goes whatever depends on it (views, foreign keys, policies, defaults, columns), and nothing here says what that is: on another database it "
                + "may be more.",
            Instead.Remarks(
                context,
                "drop what depends on it by name, then this without CASCADE: where something was forgotten, PostgreSQL refuses and names it."
            )
        );
    }

    private static bool IsNew(DropStatement drop, HazardContext context) =>
        drop.Names.All(name =>
        {
            var full = context.Schema.Resolve(name);
            var made = drop.Kind switch
            {
                ObjectKind.Table => context.Schema.Table(name)?.CreatedIn,
                ObjectKind.View or ObjectKind.MaterializedView => context
                    .Schema.Views.GetValueOrDefault(full)
                    ?.CreatedIn,
                ObjectKind.Type => context.Schema.Enums.GetValueOrDefault(full)?.CreatedIn,
                ObjectKind.Schema when context.Schema.Schemas.TryGetValue(name.Name, out var schema) => schema,
                ObjectKind.Function or ObjectKind.Procedure => context
                    .Schema.Routines.GetValueOrDefault(full)
                    ?.Max(r => r.CreatedIn),
                _ => (int?)null,
            };
            return made == context.Schema.Migration;
        });
}
