namespace Db.Compatibility;

/// <summary>What became of running one release's model against another release's schema.</summary>
/// <param name="Model">The migration whose target model it is.</param>
/// <param name="Role">The role it acted as; null for the owner.</param>
/// <param name="Tried">How many statements worked on the model's own schema and were tried on the other.</param>
/// <param name="Breaks">Those that failed there.</param>
/// <param name="NotTried">Tables that could not be tried in full, and why.</param>
internal sealed record ReleaseComparison(
    string Model,
    string? Role,
    int Tried,
    IReadOnlyList<ReleaseBreak> Breaks,
    IReadOnlyList<UntriedTable> NotTried
);

/// <summary>Something that a release does and that fails on the other schema.</summary>
/// <param name="Entity">The entity, or the entities that share the table.</param>
/// <param name="Property">The property; null where none is to blame alone.</param>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Column">The column; null where none is to blame alone.</param>
/// <param name="Operations">read, insert, update, delete.</param>
/// <param name="SqlState">PostgreSQL's code; null where the value could not be read into the model's type.</param>
/// <param name="Error">PostgreSQL's message.</param>
/// <param name="When">The values for which it fails; null where it always does.</param>
internal sealed record ReleaseBreak(
    string Entity,
    string? Property,
    string Table,
    string? Column,
    IReadOnlyList<string> Operations,
    string? SqlState,
    string Error,
    string? When
);

/// <summary>A table that could not be tried in full.</summary>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Why">Why not.</param>
internal sealed record UntriedTable(string Table, string Why);
