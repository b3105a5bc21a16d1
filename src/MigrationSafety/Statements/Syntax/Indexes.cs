namespace MigrationSafety.Statements.Syntax;

/// <summary>CREATE INDEX.</summary>
/// <remarks>Name: Its name, or null where PostgreSQL makes one.</remarks>
internal sealed record CreateIndex(
    ObjectName? Name,
    ObjectName Table,
    bool Only,
    bool Unique,
    bool Concurrently,
    bool IfNotExists,
    string Method,
    IReadOnlyList<IndexKey> Keys,
    IReadOnlyList<string> Included,
    Expression? Where
) : Statement;

/// <summary>A column or an expression of an index.</summary>
/// <param name="Column">The column, or null for an expression.</param>
/// <param name="Text">As written, with operator class and order.</param>
internal sealed record IndexKey(string? Column, string Text);

/// <summary>REINDEX.</summary>
/// <remarks>Target: INDEX, TABLE, SCHEMA, DATABASE or SYSTEM.</remarks>
internal sealed record Reindex(string Target, ObjectName? Name, bool Concurrently) : Statement;

/// <summary>REFRESH MATERIALIZED VIEW.</summary>
internal sealed record RefreshMaterializedView(ObjectName Name, bool Concurrently, bool WithNoData) : Statement;

/// <summary>VACUUM and ANALYZE.</summary>
internal sealed record Vacuum(bool Full, IReadOnlyList<ObjectName> Tables) : Statement;

/// <summary>CLUSTER.</summary>
internal sealed record ClusterTable(ObjectName? Table) : Statement;

/// <summary>LOCK TABLE.</summary>
internal sealed record LockTable(IReadOnlyList<ObjectName> Tables, string Mode) : Statement;
