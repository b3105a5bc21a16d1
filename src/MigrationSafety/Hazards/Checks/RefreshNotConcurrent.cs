using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>REFRESH MATERIALIZED VIEW without CONCURRENTLY.</summary>
internal sealed class RefreshNotConcurrent : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "refresh-not-concurrent",
            HazardGroup.BlocksTheApplication,
            "A materialized view is refreshed while its readers wait",
            "REFRESH MATERIALIZED VIEW runs the view's query, and until it is done nobody may read the view. With CONCURRENTLY readers see "
                + "the old rows until the new ones are there; for that the view needs a unique index over plain columns.",
            "ACCESS EXCLUSIVE on the view: reads wait",
            [
                new HazardExample(
                    """
                    CREATE TABLE orders (id bigint PRIMARY KEY, day date);
                    CREATE MATERIALIZED VIEW sales AS SELECT day, count(*) AS orders FROM orders GROUP BY day;
                    CREATE UNIQUE INDEX sales_day_key ON sales (day);
                    """,
                    "REFRESH MATERIALIZED VIEW sales;",
                    "REFRESH MATERIALIZED VIEW CONCURRENTLY sales;",
                    """migrationBuilder.Sql("REFRESH MATERIALIZED VIEW CONCURRENTLY sales;");"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not RefreshMaterializedView { Concurrently: false, WithNoData: false } refresh
            || context.Schema.Views.GetValueOrDefault(context.Schema.Resolve(refresh.Name))?.CreatedIn
                == context.Schema.Migration
        )
        {
            yield break;
        }

        var view = context.Shown(refresh.Name);
        var hasUnique = context
            .Schema.IndexesOf(refresh.Name)
            .Any(i => i is { Unique: true, Where: null } && i.Keys.All(k => k.Column is not null));
        yield return new Found(
            statement,
            view,
            $"The query of {view} runs, and until it is done everything that reads {view} waits.",
            hasUnique
                ? Instead.Steps(context, new Step($"REFRESH MATERIALIZED VIEW CONCURRENTLY {refresh.Name}"))
                : Instead.Steps(
                    context,
                    new Step(
                        $"CREATE UNIQUE INDEX CONCURRENTLY {ObjectName.Quoted(refresh.Name.Name + "_key")} ON {refresh.Name} (…)",
                        Alone: true,
                        "once, over columns that are unique in the view; a materialized view has no other way to be refreshed concurrently:"
                    ),
                    new Step($"REFRESH MATERIALIZED VIEW CONCURRENTLY {refresh.Name}")
                )
        );
    }
}
