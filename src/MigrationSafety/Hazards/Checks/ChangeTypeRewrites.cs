using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A change of a column's type that writes or reads the whole table.</summary>
internal sealed class ChangeTypeRewrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "change-type-rewrites",
            HazardGroup.BlocksTheApplication,
            "A change of type writes the whole table again while everybody waits",
            "Most changes of a column's type write every row and every index of the table anew, and until that is done nobody may read or write "
                + "it. Some are free, because the stored bytes stay the same: a longer varchar, varchar to text, a numeric with more digits "
                + "before the point.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE orders (id integer PRIMARY KEY, total integer);",
                    "ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
                    "ALTER TABLE orders ADD COLUMN total_new bigint;",
                    """
                    // This release: a column beside the old one, written by the application together with it, and filled in batches.
                    migrationBuilder.AddColumn<long>(name: "total_new", table: "orders", type: "bigint", nullable: true);
                    // The next one reads it; the one after drops the old column.
                    """
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100));",
                    "ALTER TABLE users ALTER COLUMN email TYPE varchar(50);",
                    "ALTER TABLE users ALTER COLUMN email TYPE varchar(200);"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable { Kind: ObjectKind.Table } alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var action in alter.Actions)
        {
            if (action is SetGeneratedExpression set)
            {
                yield return Finding(
                    statement,
                    alter.Name,
                    set.Column,
                    $"The new expression of {ObjectName.Quoted(set.Column)} is computed for each row",
                    null,
                    context
                );
            }

            if (action is not AlterColumnType change)
            {
                continue;
            }

            var from = context.Schema.Column(alter.Name, change.Column)?.Type;
            var column = ObjectName.Quoted(change.Column);
            if (from is null)
            {
                yield return Finding(
                    statement,
                    alter.Name,
                    change.Column,
                    $"What type {column} has until now is not known here; for most types, a change to {change.Type} means",
                    change.Type,
                    context
                );
            }
            else if (
                !IsFree(from, change, alter, context)
                && !(
                    TypeChange.IsFree(change.Type, from)
                    && context.TakesBack(alter.Name, up => up is AlterColumnType same && same.Column == change.Column)
                )
            )
            {
                yield return Finding(
                    statement,
                    alter.Name,
                    change.Column,
                    TypeChange.IsFreeInUtc(from, change.Type)
                        ? $"Unless the session's time zone is UTC, changing {column} from {from} to {change.Type} means"
                        : $"Changing {column} from {from} to {change.Type} means",
                    change.Type,
                    context
                );
            }
        }
    }

    private static bool IsFree(SqlType from, AlterColumnType change, AlterTable alter, HazardContext context)
    {
        // Another collation means other indexes.
        if (
            change.HasCollation
            && context.Schema.IndexesOf(alter.Name).Any(i => i.Keys.Any(k => k.Column == change.Column))
        )
        {
            return false;
        }

        // USING the column itself, or a plain cast of it, is what happens without USING.
        var isPlain =
            change.Using is null
            || (change.Using.Tokens is [{ IsName: true } only] && only.Name == change.Column)
            || (change.Using.Tokens is [{ IsName: true } first, { Text: "::" }, ..] && first.Name == change.Column);
        if (isPlain && Domains(from, context) is var stored && TypeChange.IsFree(stored, change.Type))
        {
            return true;
        }

        return isPlain
            && TypeChange.IsFreeInUtc(from, change.Type)
            && context.Before.Any(s =>
                s.Statement is SetParameter { Name: "timezone", Value: { } zone }
                && (zone.Trim('\'').ToUpperInvariant() is "UTC" or "ETC/UTC" or "GMT")
            );
    }

    private static SqlType Domains(SqlType type, HazardContext context) =>
        context.Schema.Domains.GetValueOrDefault(context.Schema.Resolve(new ObjectName(null, type.Name)), type);

    private static Found Finding(
        ReviewedStatement statement,
        ObjectName table,
        string column,
        string why,
        SqlType? type,
        HazardContext context
    )
    {
        var shown = context.Shown(table);
        var name = ObjectName.Quoted(column);
        var beside = ObjectName.Quoted(column + "_new");
        var consequence = why.EndsWith("means", StringComparison.Ordinal)
            ? $"{why} that PostgreSQL writes all of {shown} and its indexes anew"
            : $"{why}: PostgreSQL writes all of {shown} and its indexes anew";
        return new Found(
            statement,
            shown,
            $"{consequence}. Until that is done, everything that reads or writes {shown} waits: the application stands still.",
            Instead.Steps(
                context,
                new Step(
                    $"ALTER TABLE {table} ADD COLUMN {beside} {type?.ToString() ?? "…"}",
                    Remark: "1. a column beside the old one:"
                )
            )
                + "\n"
                + Instead.Remarks(
                    context,
                    $"2. a release that writes both {name} and {beside} (or a trigger that does), and the old rows filled in batches",
                    $"3. a release that reads {beside}",
                    $"4. a later migration drops {name}"
                )
        );
    }
}
