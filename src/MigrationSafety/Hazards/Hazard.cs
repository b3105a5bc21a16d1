namespace MigrationSafety.Hazards;

/// <summary>One kind of danger: what its page in the documentation says, and what its examples prove.</summary>
/// <param name="Id">Its name for ever: lower case, words joined by hyphens, for example <c>index-not-concurrent</c>.</param>
/// <param name="Group">What goes wrong.</param>
/// <param name="Title">One line.</param>
/// <param name="Why">What PostgreSQL does and who notices, for somebody who has never heard of a lock.</param>
/// <param name="Lock">The lock by PostgreSQL's name and what it keeps out, or null where no lock is the danger.</param>
/// <param name="Examples">Tested: each <c>Bad</c> is found under this id, each <c>Good</c> is found to hold no hazard at all.</param>
public sealed record Hazard(
    string Id,
    HazardGroup Group,
    string Title,
    string Why,
    string? Lock,
    IReadOnlyList<HazardExample> Examples
);

/// <summary>A statement that is dangerous and what to write instead, on the same schema.</summary>
/// <param name="Schema">What exists before, as SQL.</param>
/// <param name="Bad">The dangerous SQL.</param>
/// <param name="Good">The safe SQL, or null where the answer is not SQL.</param>
/// <param name="GoodMigration">The safe way as C# in a migration, or null.</param>
/// <param name="Up">The SQL of the migration's Up, where <paramref name="Bad"/> and <paramref name="Good"/> are its Down; else null.</param>
public sealed record HazardExample(
    string Schema,
    string Bad,
    string? Good,
    string? GoodMigration = null,
    string? Up = null
);
