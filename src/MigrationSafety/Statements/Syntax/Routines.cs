namespace MigrationSafety.Statements.Syntax;

/// <summary>How often PostgreSQL may spare a call of a function.</summary>
internal enum Volatility
{
    Volatile,
    Stable,
    Immutable,
}

/// <summary>CREATE FUNCTION or PROCEDURE.</summary>
/// <remarks>
/// Arguments: What stands in the parentheses, as written.
/// Returns: Its result as written, in lower case; null for a procedure.
/// SearchPath: The search path it sets, as written; null where it sets none.
/// Body: Its body.
/// </remarks>
internal sealed record CreateRoutine(
    ObjectKind Kind,
    ObjectName Name,
    string Arguments,
    bool OrReplace,
    string? Returns,
    string? Language,
    Volatility Volatility,
    bool SecurityDefiner,
    string? SearchPath,
    string? Body
) : Statement;

/// <summary>ALTER FUNCTION, PROCEDURE or ROUTINE.</summary>
internal sealed record AlterRoutine(
    ObjectKind Kind,
    ObjectName Name,
    string? RenamedTo,
    string? NewSchema,
    bool? SecurityDefiner,
    Volatility? Volatility,
    string? SearchPath
) : Statement;

/// <summary>CREATE TRIGGER.</summary>
internal sealed record CreateTrigger(string Name, ObjectName Table, bool OrReplace) : Statement;

/// <summary>CREATE VIEW or CREATE MATERIALIZED VIEW.</summary>
/// <remarks>Options: What stands in WITH (…), in lower case.</remarks>
internal sealed record CreateView(
    ObjectName Name,
    bool IsMaterialized,
    bool OrReplace,
    bool IsTemporary,
    bool IfNotExists,
    IReadOnlyDictionary<string, string> Options,
    Expression Query
) : Statement;

/// <summary>DO.</summary>
/// <param name="Statements">The statements in it that could be read, best effort.</param>
internal sealed record DoBlock(IReadOnlyList<NestedStatement> Statements) : Statement;

/// <summary>A statement inside a DO block.</summary>
/// <param name="Statement">What it is.</param>
/// <param name="Text">Its text.</param>
/// <param name="Start">Where it starts in the surrounding statement's text, from 0; that of the EXECUTE for its literal.</param>
internal sealed record NestedStatement(Statement Statement, string Text, int Start);
