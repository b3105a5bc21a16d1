using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A Down that drops what its Up did not make, or what its Up moved rows into.</summary>
/// <remarks>
/// That a Down drops the empty column or table which its Up made is what going back means; how many values that takes away is counted on
/// the live database before a rollback runs.
/// </remarks>
internal sealed class DownLosesData : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "down-loses-data",
            HazardGroup.LosesData,
            "Going back throws away rows that were there before",
            "The Up moves rows into a new column or table and drops the old one; the Down drops the new one and brings the old one back empty. After a "
                + "rollback the rows are gone, those from before the migration too. A Down that undoes a move moves the rows back.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, name text);",
                    """
                    ALTER TABLE users DROP COLUMN full_name;
                    ALTER TABLE users ADD COLUMN name text;
                    """,
                    """
                    ALTER TABLE users ADD COLUMN name text;
                    UPDATE users SET name = full_name WHERE id BETWEEN 1 AND 10000;
                    ALTER TABLE users DROP COLUMN full_name;
                    """,
                    """
                    // In Down, before the new column is dropped:
                    migrationBuilder.AddColumn<string>(name: "name", table: "users", type: "text", nullable: true);
                    migrationBuilder.Sql("UPDATE users SET name = full_name WHERE …;"); // in batches
                    migrationBuilder.DropColumn(name: "full_name", table: "users");
                    """,
                    Up: """
                    ALTER TABLE users ADD COLUMN full_name text;
                    UPDATE users SET full_name = name WHERE id BETWEEN 1 AND 10000;
                    ALTER TABLE users DROP COLUMN name;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (!context.IsDown || context.Up.Count == 0)
        {
            yield break;
        }

        foreach (var (table, column) in Dropped(statement.Statement))
        {
            var full = context.Schema.Resolve(table);
            var isMade = context.Up.Any(s =>
                s.Statement switch
                {
                    CreateTable create => Same(create.Name, full),
                    AlterTable alter => alter.Actions.Any(a =>
                        (a is AddColumn add && Same(alter.Name, full) && add.Column.Name == column)
                        || (a is RenameTo rename && column is null && rename.Name == full.Name)
                        || (a is RenameColumn renamed && Same(alter.Name, full) && renamed.To == column)
                    ),
                    _ => false,
                }
            );
            var isFilled = context.Up.Any(s =>
                s.Statement.DataChanges.Any(c =>
                    Same(c.Table, full)
                    && (
                        column is null
                            ? c.Verb == "INSERT" && c.Source is { } source && source.Names("select")
                            : c.Columns.Contains(column)
                    )
                )
            );
            var upDrops = context.Up.Any(s => Dropped(s.Statement).Any());
            var movesBack = context.Statements.Any(s =>
                s.Statement.DataChanges.Any(c =>
                    c.Verb is "INSERT" or "UPDATE" && c.Table.Name != context.Options.HistoryTable
                )
            );
            if (isMade && !(isFilled && upDrops && !movesBack))
            {
                continue;
            }

            var shown = column is null ? context.Shown(table) : $"{context.Shown(table)}.{ObjectName.Quoted(column)}";
            yield return new Found(
                statement,
                context.Shown(table),
                isMade
                    ? $"The Up moved what it dropped into {shown}; this Down drops {shown} and moves nothing back. After a rollback the rows from before the migration are gone "
                        + "too."
                    : $"This Down drops {shown}, which its Up did not make: rows from before the migration are gone after a rollback.",
                isMade
                    ? "// in Down, before it:\nmigrationBuilder.Sql(\"INSERT … or UPDATE … that moves the rows back\");"
                    : "// let Down undo what Up does, in the reverse order, and nothing else."
            );
        }
    }

    private static bool Same(ObjectName name, ObjectName full) =>
        name.Name == full.Name && (name.Schema ?? full.Schema) == full.Schema;

    private static IEnumerable<(ObjectName Table, string? Column)> Dropped(Statement statement) =>
        statement switch
        {
            DropStatement { Kind: ObjectKind.Table } drop => drop.Names.Select(n => (n, (string?)null)),
            AlterTable alter => alter.Actions.OfType<DropColumn>().Select(d => (alter.Name, (string?)d.Column)),
            _ => [],
        };
}
