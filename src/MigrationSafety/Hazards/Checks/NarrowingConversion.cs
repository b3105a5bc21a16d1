using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A change of type that rounds or cuts the values there are.</summary>
internal sealed class NarrowingConversion : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "narrowing-conversion",
            HazardGroup.LosesData,
            "A change of type rounds or cuts the values there are",
            "PostgreSQL rounds numbers and cuts times without a word when a column gets a type that holds less, and USING left(…) or substring(…) cuts "
                + "texts. Changing the type back does not bring the values back.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10, 4));",
                    "ALTER TABLE orders ALTER COLUMN total TYPE numeric(10, 2);",
                    "ALTER TABLE orders ADD COLUMN total_rounded numeric(10, 2);"
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, name text);",
                    "ALTER TABLE users ALTER COLUMN name TYPE varchar(20) USING left(name, 20);",
                    null
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var change in alter.Actions.OfType<AlterColumnType>())
        {
            var known = context.Schema.Column(alter.Name, change.Column);
            var cuts =
                change
                    .Using?.Calls()
                    .Any(c =>
                        c.Name
                            is "left"
                                or "right"
                                or "substr"
                                or "substring"
                                or "trunc"
                                or "round"
                                or "floor"
                                or "date_trunc"
                    ) == true;
            // What was made by this migration's own Up loses nothing by going back.
            var rounds =
                known is not null
                && known.AddedIn != context.Schema.Migration
                && TypeChange.Rounds(known.Type, change.Type);
            var takesBack =
                known is not null
                && TypeChange.IsFree(change.Type, known.Type)
                && context.TakesBack(alter.Name, up => up is AlterColumnType same && same.Column == change.Column);
            if ((!cuts && !rounds) || takesBack)
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var column = ObjectName.Quoted(change.Column);
            yield return new Found(
                statement,
                table,
                $"{(cuts ? $"USING {change.Using!.Text} cuts" : $"From {known!.Type} to {change.Type}, PostgreSQL rounds or cuts")} the values of {column} in {table} "
                    + "without a word, and no way leads back to them.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {alter.Name} ADD COLUMN {ObjectName.Quoted(change.Column + "_new")} {change.Type}",
                        Remark: "a column beside it keeps the old values until nobody misses them:"
                    )
                )
            );
        }
    }
}
