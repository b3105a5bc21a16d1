using MigrationSafety.Execution;

namespace MigrationSafety.Guards;

/// <summary>A migration older than the newest applied one was never tested after it.</summary>
internal sealed class OutOfOrderGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        var newest = context.Plan.Applied.Max(StringComparer.OrdinalIgnoreCase);
        var late = context
            .Plan.Steps.Where(step =>
                step.Direction == MigrationDirection.Up
                && !context.Assembly.Migrations[step.Id].IsDefined(typeof(AnyOrderAttribute), inherit: false)
            )
            .Select(step => step.Id)
            .Where(id => newest is not null && string.Compare(id, newest, StringComparison.OrdinalIgnoreCase) < 0)
            .ToList();
        return ValueTask.FromResult(
            late.Count == 0 || context.Options.AllowOutOfOrder
                ? null
                : new Failure(
                    "OutOfOrder",
                    $"{string.Join(", ", late)} {(late.Count == 1 ? "is" : "are")} older than {newest}, which is applied already: "
                        + "two branches were merged. On this database they would run in an order in which nobody has tested them.",
                    null,
                    "make it the newest: dotnet ef migrations remove (on its branch), merge, dotnet ef migrations add again. Or, when both "
                        + "orders give the same schema: -- --allow-out-of-order"
                )
                {
                    AllowedBy = "--allow-out-of-order",
                }
        );
    }
}
