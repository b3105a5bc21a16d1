namespace Data.Tests.Personas;

/// <summary>Rows that a probe reached, by owner and publicity; or that it was refused.</summary>
public static class ProbeOutcome
{
    /// <summary>Names what a persona reached, given every row there is.</summary>
    /// <param name="reached">Rows reached: owner, and whether the row is public.</param>
    /// <param name="all">Every row there is.</param>
    /// <param name="self">The persona's user id; null for nobody.</param>
    public static Access Classify(
        IReadOnlyCollection<(string Owner, bool IsPublic)> reached,
        IReadOnlyCollection<(string Owner, bool IsPublic)> all,
        string? self
    )
    {
        bool Is(Func<(string Owner, bool IsPublic), bool> wanted) =>
            reached.Order().SequenceEqual(all.Where(wanted).Order());

        return reached.Count == 0 ? Access.Denied
            : Is(_ => true) ? Access.All
            : Is(row => row.Owner == self) ? Access.Own
            : Is(row => row.IsPublic) ? Access.Public
            : Is(row => row.IsPublic || row.Owner == self) ? Access.OwnAndPublic
            : throw new InvalidOperationException($"No access has a name that reaches {string.Join(", ", reached)}.");
    }
}
