namespace Data.Access;

/// <summary>Who may do what to one table. Each persona's rights stand in the order select, insert, update, delete.</summary>
/// <param name="Table">Its name, in schema <c>public</c>.</param>
public sealed record TableAccess(string Table)
{
    /// <summary>The column that says whose a row is; null where rows are nobody's.</summary>
    public string? OwnerColumn { get; init; }

    /// <summary>The column that marks a row as public; null where there is none.</summary>
    public string? PublicColumn { get; init; }

    /// <summary>Somebody not signed in.</summary>
    public IReadOnlyList<RowAccess> Anonymous { get; init; } =
    [RowAccess.Denied, RowAccess.Denied, RowAccess.Denied, RowAccess.Denied];

    /// <summary>A signed-in user; another member has the same rights, over their own rows.</summary>
    public required IReadOnlyList<RowAccess> Member { get; init; }

    /// <summary>A signed-in user whose role is superadmin.</summary>
    public required IReadOnlyList<RowAccess> Superadmin { get; init; }

    /// <summary>The application itself.</summary>
    public required IReadOnlyList<RowAccess> Service { get; init; }

    /// <summary>The columns that a signed-in user may give a value to in a new row.</summary>
    public IReadOnlyList<string> Insertable { get; init; } = [];

    /// <summary>The columns that a signed-in user may change.</summary>
    public IReadOnlyList<string> Updatable { get; init; } = [];

    /// <summary>The columns that are never shown to a signed-in user.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];
}
