namespace MigrationSafety.Statements.Syntax;

/// <summary>INSERT, UPDATE, DELETE or MERGE.</summary>
/// <param name="Verb">Which, in upper case.</param>
/// <param name="Table">The table that is written.</param>
/// <param name="Columns">The columns that are written, as far as named.</param>
/// <param name="Where">The condition, or null.</param>
/// <param name="Source">An insert's VALUES or query, an update's whole SET list and FROM, what stands behind a merge's table; null for a delete without USING.</param>
internal sealed record DataChange(
    string Verb,
    ObjectName Table,
    IReadOnlyList<string> Columns,
    Expression? Where,
    Expression? Source
)
{
    /// <summary>Whether it takes its rows from a query of the same statement that ends with a LIMIT: one portion of a table.</summary>
    public bool IsOfPortion { get; init; }
}

/// <summary>A statement that writes rows, or a query; what it writes is in <see cref="Statement.DataChanges"/>.</summary>
/// <param name="Text">All of it.</param>
internal sealed record QueryStatement(Expression Text) : Statement;

/// <summary>TRUNCATE.</summary>
internal sealed record Truncate(IReadOnlyList<ObjectName> Tables, bool Cascade) : Statement;

/// <summary>COPY.</summary>
internal sealed record Copy(ObjectName? Table, bool IsFrom) : Statement;

/// <summary>SET, RESET and SELECT set_config(…).</summary>
/// <remarks>
/// Name: The setting, in lower case; all for RESET ALL.
/// Value: The value as written; null for RESET and SET … TO DEFAULT.
/// </remarks>
internal sealed record SetParameter(string Name, string? Value, bool IsLocal) : Statement;

/// <summary>BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the like.</summary>
internal sealed record TransactionStatement(TransactionVerb Verb) : Statement;

/// <summary>What a transaction statement does.</summary>
internal enum TransactionVerb
{
    Begin,
    Commit,
    Rollback,
    Savepoint,
    Prepare,
}
