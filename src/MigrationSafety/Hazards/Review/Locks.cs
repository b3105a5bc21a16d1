using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>The tables in use that a statement keeps others out of, until the end of its transaction.</summary>
internal static class Locks
{
    /// <summary>Tables that nobody may even read (ACCESS EXCLUSIVE).</summary>
    public static IEnumerable<ObjectName> Exclusive(Statement statement, HazardContext context) =>
        (
            statement switch
            {
                AlterTable { Kind: ObjectKind.Table or ObjectKind.ForeignTable } alter
                    when alter.Actions.Any(IsExclusive) => [alter.Name],
                DropStatement { Kind: ObjectKind.Table } drop => drop.Names,
                DropStatement { Kind: ObjectKind.Index, Concurrently: false } drop => drop
                    .Names.Select(name => context.Schema.Index(name)?.Table)
                    .OfType<ObjectName>(),
                Truncate truncate => truncate.Tables,
                LockTable { Mode: "ACCESS EXCLUSIVE" } take => take.Tables,
                ClusterTable { Table: { } table } => [table],
                _ => (IEnumerable<ObjectName>)[],
            }
        )
            .Where(context.IsInUse)
            .Select(context.Schema.Resolve);

    /// <summary>Tables that nobody may write to, or even read.</summary>
    public static IEnumerable<ObjectName> OfWriters(Statement statement, HazardContext context) =>
        statement switch
        {
            CreateIndex { Concurrently: false } create when context.IsInUse(create.Table) =>
            [
                context.Schema.Resolve(create.Table),
            ],
            AlterTable alter
                when context.IsInUse(alter.Name)
                    && alter.Actions.Any(a => a is AddConstraint { Constraint.Kind: ConstraintKind.ForeignKey }) =>
            [
                context.Schema.Resolve(alter.Name),
            ],
            _ => Exclusive(statement, context),
        };

    /// <summary>Whether an action of ALTER TABLE keeps readers out.</summary>
    public static bool IsExclusive(TableAction action) =>
        action switch
        {
            ValidateConstraint or AttachPartition => false,
            DetachPartition detach => !detach.Concurrently,
            AddConstraint { Constraint.Kind: ConstraintKind.ForeignKey } => false,
            SwitchTrigger => false,
            SetOptions => false,
            OtherAction other => other.Words.StartsWith("OWNER", StringComparison.Ordinal),
            _ => true,
        };
}
