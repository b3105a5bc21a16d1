using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP SCHEMA.</summary>
internal sealed class DropSchema : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-schema",
            HazardGroup.LosesData,
            "A schema is dropped with all that may be in it",
            "What a schema holds (tables, functions, types) is not written where it is dropped. With CASCADE all of it is gone, and only a backup brings it "
                + "back; the release that is still running fails wherever it uses any of it.",
            null,
            [
                new HazardExample(
                    "CREATE SCHEMA reports; CREATE TABLE reports.sales (day date PRIMARY KEY);",
                    "DROP SCHEMA reports CASCADE;",
                    null
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.Schema } drop)
        {
            yield break;
        }

        foreach (var name in drop.Names)
        {
            // Going back from a migration that made the schema, or within it.
            if (
                (context.Schema.Schemas.TryGetValue(name.Name, out var made) && made == context.Schema.Migration)
                || context.Up.Any(s => s.Statement is CreateSchema { Name: { } created } && created == name.Name)
            )
            {
                continue;
            }

            var tables = context
                .Schema.Tables.Values.Where(t => t.Name.Schema == name.Name)
                .Select(t => ObjectName.Quoted(t.Name.Name))
                .ToList();
            yield return new Found(
                statement,
                ObjectName.Quoted(name.Name),
                tables.Count > 0
                    ? $"With {ObjectName.Quoted(name.Name)} go its tables {string.Join(", ", tables)} and their rows, and only a backup brings them back."
                    : $"With {ObjectName.Quoted(name.Name)} goes whatever is in it, and only a backup brings it back.",
                Instead.Remarks(
                    context,
                    $"take a backup first: pg_dump --schema={ObjectName.Quoted(name.Name)}",
                    "drop what is in it by name, each one release after the last that uses it; then the empty schema, without CASCADE."
                )
            );
        }
    }
}
