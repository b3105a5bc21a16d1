namespace Db.CriticalQueries;

/// <summary>A query that must work after a release, and what is expected of it.</summary>
/// <param name="Name">Its file's name without the ending.</param>
/// <param name="File">The file, as messages name it.</param>
/// <param name="Title">The first line of its header.</param>
/// <param name="Role">The PostgreSQL role that it runs as; null for the connection's own.</param>
/// <param name="As">The persona that it runs as; null for the role alone.</param>
/// <param name="Rows">How many rows are expected; null for any number.</param>
/// <param name="TimeLimit">The longest that it may take on the server; null for no limit of its own.</param>
/// <param name="Plans">What its plan must be like.</param>
/// <param name="Sql">The statement.</param>
internal sealed record CriticalQuery(
    string Name,
    string File,
    string Title,
    string? Role,
    string? As,
    RowRange? Rows,
    TimeSpan? TimeLimit,
    IReadOnlyList<PlanExpectation> Plans,
    string Sql
);

/// <summary>A number of rows.</summary>
/// <param name="Least">From this on.</param>
/// <param name="Most">To this; null for without end.</param>
internal sealed record RowRange(long Least, long? Most)
{
    public bool Holds(long rows) => rows >= Least && rows <= (Most ?? long.MaxValue);

    /// <inheritdoc />
    public override string ToString() =>
        Most is null ? $"{Least} or more"
        : Most == Least ? $"{Least}"
        : $"{Least} to {Most}";
}

/// <summary>What a plan must be like.</summary>
/// <param name="Kind">Which rule.</param>
/// <param name="Name">The index or the table.</param>
internal sealed record PlanExpectation(PlanRule Kind, string Name)
{
    /// <inheritdoc />
    public override string ToString() => Kind == PlanRule.UsesIndex ? $"uses-index {Name}" : $"no-seq-scan {Name}";
}

/// <summary>A rule for a plan.</summary>
internal enum PlanRule
{
    /// <summary>An index is used.</summary>
    UsesIndex,

    /// <summary>A table is not read from end to end.</summary>
    NoSequentialScan,
}
