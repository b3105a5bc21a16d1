using System.Text.RegularExpressions;

namespace Db.Tracing.Observing;

/// <summary>What one statement did to what existed before its migration.</summary>
/// <param name="Number">Its place in the migration, from 1.</param>
/// <param name="Sql">Its text.</param>
/// <param name="Transaction">The number of its transaction in the migration, from 1.</param>
/// <param name="InTransaction">False for what PostgreSQL refuses inside a transaction block.</param>
/// <param name="Milliseconds">How long it ran, on the generated rows.</param>
/// <param name="Locks">The strongest lock on each table that it took and that was not held before.</param>
/// <param name="Held">The strongest lock on each table that the transaction holds after it.</param>
/// <param name="Rewritten">Tables that are in another file now, with how many rows.</param>
/// <param name="Scanned">Tables that were read from end to end.</param>
/// <param name="IndexesBuilt">Indexes built over a table that existed.</param>
/// <param name="Changed">Rows that were inserted, updated or deleted.</param>
/// <param name="Dropped">What is gone from the catalogs.</param>
/// <param name="Marked">Objects that turned invalid, not valid or disabled.</param>
internal sealed partial record ObservedStatement(
    int Number,
    string Sql,
    int Transaction,
    bool InTransaction,
    double Milliseconds,
    IReadOnlyList<ObservedLock> Locks,
    IReadOnlyList<ObservedLock> Held,
    IReadOnlyList<ObservedTable> Rewritten,
    IReadOnlyList<ObservedScan> Scanned,
    IReadOnlyList<ObservedIndex> IndexesBuilt,
    IReadOnlyList<ObservedChange> Changed,
    IReadOnlyList<ObservedObject> Dropped,
    IReadOnlyList<ObservedObject> Marked
)
{
    /// <summary>How long the statements after it ran before the commit gave its locks back, in milliseconds.</summary>
    public double HeldMilliseconds { get; set; }

    /// <summary>How many statements ran while its locks were still held.</summary>
    public int HeldStatements { get; set; }

    /// <summary>Whether it is a block that commits on its way, as one does that changes its rows in batches.</summary>
    public bool CommitsOnItsWay => !InTransaction && BlockWithCommit().IsMatch(Sql);

    /// <summary>The strongest lock held on a table after the statement; null without one.</summary>
    public LockMode? HeldOn(string table) => Held.FirstOrDefault(l => l.Table == table)?.Mode;

    [GeneratedRegex(@"\bDO\b.*\bCOMMIT\s*;", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex BlockWithCommit();
}

/// <summary>A lock on a table.</summary>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Mode">Its strength.</param>
/// <param name="Waits">Who waits for it, in words.</param>
internal sealed record ObservedLock(string Table, LockMode Mode, string Waits);

/// <summary>A table and its rows before the statement; -1 where no rows could be made for it.</summary>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Rows">How many rows it held.</param>
internal sealed record ObservedTable(string Table, long Rows);

/// <summary>A sequential scan.</summary>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Scans">How many.</param>
/// <param name="Read">Rows read by them.</param>
/// <param name="IsWhole">Whether one went from end to end.</param>
internal sealed record ObservedScan(string Table, long Scans, long Read, bool IsWhole);

/// <summary>An index that was built.</summary>
/// <param name="Index">Its name.</param>
/// <param name="Table">Its table, with its schema.</param>
internal sealed record ObservedIndex(string Index, string Table);

/// <summary>Rows that a statement changed, by itself or by triggers and cascades.</summary>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Inserted">Rows inserted.</param>
/// <param name="Updated">Rows updated.</param>
/// <param name="Deleted">Rows deleted or truncated.</param>
/// <param name="Of">How many rows the table held.</param>
/// <param name="IsTruncated">Whether the table was emptied as a whole.</param>
internal sealed record ObservedChange(
    string Table,
    long Inserted,
    long Updated,
    long Deleted,
    long Of,
    bool IsTruncated
);

/// <summary>An object of the catalogs.</summary>
/// <param name="Kind">column, constraint, function, …</param>
/// <param name="Name">Its name, with what it belongs to.</param>
/// <param name="Table">The table it belongs to, with its schema; "" without one.</param>
/// <param name="Rows">For a table or a column: how many rows hold a value in it; 0 for others.</param>
/// <param name="State">dropped, dropped again (by Down, where its own Up made it), invalid, not valid, disabled.</param>
internal sealed record ObservedObject(string Kind, string Name, string Table, long Rows, string State)
{
    /// <summary>The state of what Down drops because its own Up made it.</summary>
    public const string OfOwnUp = "dropped again";
}
