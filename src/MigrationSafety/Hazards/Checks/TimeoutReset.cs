using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>lock_timeout or statement_timeout switched off before a statement that keeps others out.</summary>
internal sealed class TimeoutReset : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "timeout-reset",
            HazardGroup.LeavesAMess,
            "The limit on waiting is switched off before a statement that keeps others out",
            "A statement that waits for a table makes everybody wait behind it. lock_timeout ends that after some seconds, and the migration is tried again "
                + "later. Switched off, one long report is enough to stop the application until somebody wakes up.",
            "whatever the statement takes, for as long as it waits",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    """
                    SET lock_timeout = 0;
                    ALTER TABLE users ADD COLUMN note text;
                    """,
                    """
                    SET lock_timeout = '2s';
                    ALTER TABLE users ADD COLUMN note text;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var reset = statement.Statement switch
        {
            SetParameter { Name: "lock_timeout" or "statement_timeout", Value: var value } set
                when IsOff(value) && !IsTidyingUp(set, context) => set.Name,
            SetParameter { Name: "all", Value: null } => "lock_timeout",
            OtherStatement { Verb: "DISCARD" } => "lock_timeout",
            _ => null,
        };
        if (reset is null)
        {
            yield break;
        }

        var made = context
            .Statements.Select(s =>
                s.Statement switch
                {
                    CreateTable create => create.Name,
                    CreateView create => create.Name,
                    CreateSequence create => create.Name,
                    _ => (ObjectName?)null,
                }
            )
            .OfType<ObjectName>()
            .Select(context.Schema.Resolve)
            .ToHashSet();
        var harmed = context
            .Statements.Skip(context.Index + 1)
            .TakeWhile(s =>
                !(s.Statement is SetParameter { Value: { } again } set && set.Name == reset && !IsOff(again))
            )
            .SelectMany(s => Locks.OfWriters(s.Statement, context))
            // What the script itself makes further down is nobody else's.
            .Where(table => !made.Contains(table))
            .ToList();
        if (harmed.Count == 0)
        {
            yield break;
        }

        var table = context.Shown(harmed[0]);
        yield return new Found(
            statement,
            table,
            reset == "lock_timeout"
                ? $"From here on nothing limits how long the statements below wait for {table}, and behind them everything that uses {table} waits too: one long report is enough "
                    + "for the application to stand still."
                : $"From here on nothing limits how long the statements below run while they keep others out of {table}.",
            Instead.Steps(
                context,
                new Step(
                    $"SET LOCAL {reset} = '{(reset == "lock_timeout" ? "2s" : "30s")}'",
                    Remark: context.IsMigration ? "leave it out: the rails set both. Or, shorter:" : null
                )
            )
        );
    }

    private static bool IsOff(string? value) => value is null || value.Trim('\'').TrimEnd('m', 's').Trim() is "0";

    // RESET at the end of what the script itself has set.
    private static bool IsTidyingUp(SetParameter reset, HazardContext context) =>
        reset.Value is null
        && context.Before.Any(s => s.Statement is SetParameter { Value: not null } set && set.Name == reset.Name)
        && !context.IsMigration;
}
