namespace MigrationSafety.Guards;

/// <summary>All guards, in the order in which they are asked; the first that objects is the one whose message is shown.</summary>
internal static class MigrationGuards
{
    public static IReadOnlyList<IServerGuard> OfServer { get; } =
    [new ServerTooOldGuard(), new ReplicaGuard(), new TransactionPoolerGuard()];

    public static IReadOnlyList<IMigrationGuard> OfMigrations { get; } =
    [
        new UnfinishedMigrationGuard(),
        new DatabaseAheadGuard(),
        new HistoryRowGuard(),
        new EditedMigrationGuard(),
        new OutOfOrderGuard(),
        new TransactionControlGuard(),
        new SessionResetGuard(),
        // It asks the catalogs only; those behind it look at tables, which takes privileges.
        new PrivilegesGuard(),
        new PartitionedConcurrentlyGuard(),
        // Before those that read tables: what is locked for long against readers too is said at once.
        new LongTransactionGuard(),
        new DataLossGuard(),
        new HazardGuard(),
        new InvalidIndexGuard(),
        new DiskSpaceGuard(),
    ];
}
