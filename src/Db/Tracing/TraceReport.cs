using System.Text.Json.Serialization;
using Db.Compatibility;
using Db.Tracing.Findings;
using Db.Tracing.Observing;
using Db.Tracing.Rows;

namespace Db.Tracing;

/// <summary>What became of tracing.</summary>
/// <param name="Server">The scratch server.</param>
/// <param name="RowsPerTable">Rows that were wanted in each table.</param>
/// <param name="Migrations">One for each migration.</param>
internal sealed record TraceReport(string Server, int RowsPerTable, IReadOnlyList<TracedMigration> Migrations)
{
    /// <summary>The findings of all migrations that are dangers and that nobody accepted.</summary>
    public IEnumerable<TraceFinding> Dangers =>
        Migrations.SelectMany(m => m.Findings).Where(f => f is { Severity: Severity.Danger, Accepted: null });
}

/// <summary>One migration.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Tables">The tables that existed before, and the rows they held.</param>
/// <param name="Runs">Up, and Down where that was traced.</param>
/// <param name="PreviousRelease">The model before on the new schema; null where there is none or it was not asked for.</param>
/// <param name="CodeFirst">The new model on the old schema; null likewise.</param>
/// <param name="NotRestored">
/// How the catalogs after Up and Down differ from those before: none where they are the same, null where no Down ran to its end.
/// </param>
/// <param name="Findings">What is dangerous, gravest first.</param>
internal sealed record TracedMigration(
    string Id,
    IReadOnlyList<FilledTable> Tables,
    IReadOnlyList<TracedRun> Runs,
    ReleaseComparison? PreviousRelease,
    ReleaseComparison? CodeFirst,
    IReadOnlyList<string>? NotRestored,
    IReadOnlyList<TraceFinding> Findings
);

/// <summary>One way of a migration.</summary>
/// <param name="Direction">Up or Down.</param>
/// <param name="Statements">What each statement did.</param>
/// <param name="MadeAgain">What was dropped on the way and is there again in the end: kind and name.</param>
/// <param name="Leaves">Indexes that are invalid and constraints that are not validated when it has ended.</param>
/// <param name="Failure">Why it could not be run to the end; null where it was.</param>
internal sealed record TracedRun(
    string Direction,
    IReadOnlyList<ObservedStatement> Statements,
    [property: JsonIgnore] IReadOnlySet<string> MadeAgain,
    IReadOnlyList<ObservedObject> Leaves,
    TraceFailure? Failure
);

/// <summary>A failed run.</summary>
/// <param name="Sql">The statement, or null where it is not known.</param>
/// <param name="Message">What the rails said.</param>
internal sealed record TraceFailure(string? Sql, string Message);
