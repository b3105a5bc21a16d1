using Data.Access;

namespace Db.Policies;

/// <summary>What was found when every persona tried every command on every table.</summary>
/// <param name="Tried">How many cells of the persona table were tried.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Cells">Each cell, and each fact beside the cells that was wrong or could not be looked at.</param>
internal sealed record PolicyReport(int Tried, long Milliseconds, IReadOnlyList<PolicyCell> Cells)
{
    public IReadOnlyList<PolicyCell> Wrong => [.. Cells.Where(c => c.State == PolicyCellState.Wrong)];

    public IReadOnlyList<PolicyCell> NotTried => [.. Cells.Where(c => c.State == PolicyCellState.NotTried)];

    /// <summary>What could not be tried, a line for each table and reason.</summary>
    public IEnumerable<(string What, string Why)> Untried =>
        NotTried
            .GroupBy(cell => (cell.Table, cell.Detail))
            .Select(cells =>
                (
                    cells.Count() == AccessTable.Personas.Count * AccessTable.Commands.Count
                        ? $"{cells.Key.Table}, nothing"
                        : $"{cells.Key.Table}, {string.Join(", ", cells.Select(c => $"{c.Persona} {c.Command}"))}",
                    cells.Key.Detail ?? ""
                )
            );

    /// <summary>Every cell was tried and is as the persona table says.</summary>
    public bool AsExpected => Cells.All(c => c.State == PolicyCellState.AsExpected);
}

/// <summary>One persona, one table, one command.</summary>
/// <param name="Persona">Who tried.</param>
/// <param name="Table">On what.</param>
/// <param name="Command">select, insert, update or delete; or the privilege that was looked at.</param>
/// <param name="Expected">The rows that the persona table says they reach.</param>
/// <param name="Found">The rows that they reached.</param>
/// <param name="State">Whether that is the same.</param>
/// <param name="Detail">How it was seen, or why it could not be tried; null where there is nothing to say.</param>
internal sealed record PolicyCell(
    string Persona,
    string Table,
    string Command,
    string Expected,
    string Found,
    PolicyCellState State,
    string? Detail = null
);

/// <summary>What became of a cell.</summary>
internal enum PolicyCellState
{
    /// <summary>It is as the persona table says.</summary>
    AsExpected,

    /// <summary>It is not.</summary>
    Wrong,

    /// <summary>It is not known: a lock stood in the way, or the attempt itself failed.</summary>
    NotTried,
}
