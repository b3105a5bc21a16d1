namespace MigrationSafety.Schema;

/// <summary>Which part of a database a snapshot covers.</summary>
public sealed record SchemaSnapshotOptions
{
    /// <summary>The schemas whose objects are read. A schema that does not exist is simply not in the snapshot.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>
    /// The extensions that are named, besides those that live in a covered schema: the ones the migrations need. A
    /// hosting provider installs many more, and they are its own affair. Null for all but PostgreSQL's own plpgsql.
    /// </summary>
    public IReadOnlyList<string>? Extensions { get; init; }

    /// <summary>
    /// The roles that may bypass row-level security; of every other one that grants or policies name, it is told. Where
    /// the service's role does depends on the hosting provider.
    /// </summary>
    public IReadOnlyList<string> RolesAbovePolicies { get; init; } = [];

    /// <summary>
    /// Whether default privileges are read. Off by default: they decide over objects yet to be made, differ from one
    /// hosting provider to the next, and each object's own grants are read anyway.
    /// </summary>
    public bool DefaultPrivileges { get; init; }
}
