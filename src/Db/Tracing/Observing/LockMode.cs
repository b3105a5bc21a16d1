namespace Db.Tracing.Observing;

/// <summary>PostgreSQL's table locks, weakest first.</summary>
internal enum LockMode
{
    AccessShare = 1,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// <summary>Whom a lock keeps waiting, by the table of conflicts in PostgreSQL's documentation.</summary>
internal static class LockModes
{
    /// <summary>Reads a mode as pg_locks shows it; null for those that are no table locks.</summary>
    public static LockMode? Parse(string mode) =>
        Enum.TryParse<LockMode>(mode.EndsWith("Lock", StringComparison.Ordinal) ? mode[..^4] : mode, out var parsed)
            ? parsed
            : null;

    /// <summary>Whether SELECT waits.</summary>
    public static bool BlocksReads(this LockMode mode) => mode == LockMode.AccessExclusive;

    /// <summary>Whether INSERT, UPDATE and DELETE wait.</summary>
    public static bool BlocksWrites(this LockMode mode) => mode >= LockMode.Share;

    /// <summary>The mode in SQL's words: ACCESS EXCLUSIVE.</summary>
    public static string Words(this LockMode mode) =>
        mode switch
        {
            LockMode.AccessShare => "ACCESS SHARE",
            LockMode.RowShare => "ROW SHARE",
            LockMode.RowExclusive => "ROW EXCLUSIVE",
            LockMode.ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode.Share => "SHARE",
            LockMode.ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode.Exclusive => "EXCLUSIVE",
            _ => "ACCESS EXCLUSIVE",
        };

    /// <summary>Who waits, in words.</summary>
    public static string Waits(this LockMode mode) =>
        mode.BlocksReads() ? "readers and writers wait"
        : mode.BlocksWrites() ? "writers wait"
        : mode == LockMode.ShareUpdateExclusive ? "nobody waits, except other schema changes"
        : "nobody waits, except schema changes";
}
