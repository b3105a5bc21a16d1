namespace MigrationSafety.Execution;

/// <summary>What this run has done so far, to say what state the database is in when it ends half-way.</summary>
internal sealed class RunProgress
{
    private const int MostListed = 10;

    private readonly List<PlannedMigration> _done = [];
    private int? _planned;

    /// <summary>The migration that runs now.</summary>
    public PlannedMigration? Current { get; private set; }

    /// <summary>How many of its commands are committed.</summary>
    public int Committed { get; set; }

    /// <summary>The index of the command that runs now, or that ran when the connection was lost; null between two.</summary>
    public int? Running { get; set; }

    /// <summary>Whether the command that runs now runs outside of a transaction, so that it may leave something behind.</summary>
    public bool Alone { get; set; }

    /// <summary>What was cleaned up after a failure, or null.</summary>
    public string? CleanedUp { get; set; }

    public IReadOnlyList<PlannedMigration> Done => _done;

    /// <summary>Says how many migrations remain; true when that was said before, by a pass that lost its connection.</summary>
    public bool Plan(int remaining)
    {
        var before = _planned is not null;
        _planned = _done.Count + remaining;
        return before;
    }

    public void Start(PlannedMigration migration, int committed) =>
        (Current, Committed, Running, CleanedUp, Alone) = (migration, committed, null, null, false);

    public void Finish()
    {
        _done.Add(Current!);
        Current = null;
    }

    // Of hundreds, the ends tell as much as all of them, and what comes after can still be found.
    private static string ListOf(string[] ids) =>
        ids.Length <= MostListed ? string.Join(", ", ids) : $"{ids.Length} migrations, from {ids[0]} to {ids[^1]}";

    /// <summary>One or two sentences on what is applied, what is not, and what is left.</summary>
    public string Describe()
    {
        var text = new List<string>();
        if (_done.Count > 0)
        {
            text.Add(
                string.Join(
                    "; ",
                    _done.GroupBy(
                        m => m.Direction,
                        (direction, all) =>
                            $"{(direction == MigrationDirection.Up ? "applied" : "reverted")} in this run: {ListOf([.. all.Select(m => m.Id)])}"
                    )
                )
            );
        }

        if (Current is { } current)
        {
            var verb = current.Direction == MigrationDirection.Up ? "applied" : "reverted";
            text.Add(
                Committed == 0 && Alone ? $"{current.Id} is not {verb}: none of its commands is committed"
                : Committed == 0
                    ? $"{current.Id} is not {verb}, and nothing of it is left: its transaction was rolled back"
                : $"{current.Id} is {verb} in part: {Committed} of its {current.Commands.Count} commands are committed and recorded; "
                    + "the next run goes on with the one after them"
            );
            if (CleanedUp is not null)
            {
                text.Add(CleanedUp);
            }
        }

        var waiting = (_planned ?? 0) - _done.Count - (Current is null ? 0 : 1);
        if (waiting > 0)
        {
            text.Add(text.Count == 0 ? $"nothing was changed; {waiting} not started" : $"{waiting} more not started");
        }

        return text.Count == 0
            ? "nothing was changed."
            : string.Join(". ", text.Select(t => char.ToUpperInvariant(t[0]) + t[1..])) + ".";
    }
}
