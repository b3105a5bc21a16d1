using Data.Access;

namespace Data.Tests.Personas;

/// <summary>Rows that a probe reached, by owner and publicity; or that it was refused.</summary>
public static class ProbeOutcome
{
    /// <summary>Names what a persona reached, given every row there is.</summary>
    /// <param name="reached">Rows reached: owner, and whether the row is public.</param>
    /// <param name="all">Every row there is.</param>
    /// <param name="self">The persona's user id; null for nobody.</param>
    public static RowAccess Classify(
        IReadOnlyCollection<(string Owner, bool IsPublic)> reached,
        IReadOnlyCollection<(string Owner, bool IsPublic)> all,
        string? self
    )
    {
        bool Is(Func<(string Owner, bool IsPublic), bool> wanted) =>
            reached.Order().SequenceEqual(all.Where(wanted).Order());

        return reached.Count == 0 ? RowAccess.Denied
            : Is(_ => true) ? RowAccess.All
            : Is(row => row.Owner == self) ? RowAccess.Own
            : Is(row => row.IsPublic) ? RowAccess.Public
            : Is(row => row.IsPublic || row.Owner == self) ? RowAccess.OwnAndPublic
            : throw new InvalidOperationException($"No access has a name that reaches {string.Join(", ", reached)}.");
    }
}
