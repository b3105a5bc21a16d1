namespace MigrationSafety.Statements.Syntax;

/// <summary>A statement, taken apart.</summary>
internal abstract record Statement
{
    /// <summary>INSERT, UPDATE, DELETE and MERGE that stand inside it, in WITH for example; itself if it is one.</summary>
    public IReadOnlyList<DataChange> DataChanges { get; init; } = [];
}

/// <summary>One that the parser does not know, or could not read to its end.</summary>
internal sealed record UnknownStatement(string Why) : Statement;

/// <summary>One that no check needs to look into.</summary>
/// <param name="Verb">Its first word or words.</param>
internal sealed record OtherStatement(string Verb) : Statement;

/// <summary>Kinds of objects that DROP, ALTER, GRANT and COMMENT name.</summary>
internal enum ObjectKind
{
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index,
    Type,
    Domain,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Trigger,
    Policy,
    Rule,
    Schema,
    Extension,
    Role,
    Database,
    Other,
}

/// <summary>DROP.</summary>
/// <remarks>On: The table, for triggers, policies and rules.</remarks>
internal sealed record DropStatement(
    ObjectKind Kind,
    IReadOnlyList<ObjectName> Names,
    ObjectName? On,
    bool IfExists,
    bool Concurrently,
    bool Cascade
) : Statement;

/// <summary>COMMENT ON.</summary>
internal sealed record CommentStatement(ObjectKind Kind, ObjectName? Name) : Statement;

/// <summary>ALTER … RENAME TO, SET SCHEMA or OWNER TO, of anything but a table, index, view or type.</summary>
internal sealed record AlterObject(
    ObjectKind Kind,
    ObjectName Name,
    string? RenamedTo,
    string? NewSchema,
    string? NewOwner
) : Statement;

/// <summary>CREATE SCHEMA.</summary>
internal sealed record CreateSchema(string? Name, bool IfNotExists) : Statement;

/// <summary>CREATE EXTENSION.</summary>
internal sealed record CreateExtension(string Name, string? Schema, bool IfNotExists) : Statement;

/// <summary>CREATE SEQUENCE.</summary>
internal sealed record CreateSequence(ObjectName Name, SqlType? Type, bool IfNotExists) : Statement;
