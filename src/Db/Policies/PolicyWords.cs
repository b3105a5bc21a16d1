using Db.Commands;

namespace Db.Policies;

/// <summary>The words for a cell of the persona table that is wrong: the same before a release, in its rehearsal and after it.</summary>
internal static class PolicyWords
{
    /// <summary>What to do about it on a live database.</summary>
    public static string ToDo =>
        $"Find out who changed a policy or a grant ({ToolCommand.OnDatabase(["verify"])} names it), and undo it; {MeantToBeSo} Who may do what: docs/personas.md.";

    /// <summary>What to do where it is the table that is wrong.</summary>
    public const string MeantToBeSo = "where it is meant to be so, correct src/Data/Access/AccessTable.cs.";

    /// <summary>One cell in one line.</summary>
    public static string Cell(PolicyCell cell) => $"{Name(cell)}: {Problem(cell)}";

    /// <summary>Which cell it is.</summary>
    public static string Name(PolicyCell cell) => $"{cell.Persona} on {cell.Table}, {cell.Command}";

    /// <summary>What is wrong with it.</summary>
    public static string Problem(PolicyCell cell) =>
        $"expected {cell.Expected}; found {cell.Found}{(cell.Detail is null ? "" : $". {cell.Detail}")}";
}
