namespace Db.Releasing;

/// <summary>What a step of a release did, with what proves it.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Summary">One line.</param>
/// <param name="Evidence">What was seen.</param>
/// <param name="ToDo">What to do now; null where there is nothing.</param>
internal sealed record StepResult(
    StepOutcome Outcome,
    string Summary,
    IReadOnlyList<Evidence> Evidence,
    string? ToDo = null
)
{
    public static StepResult Passed(string summary, params IReadOnlyList<Evidence> evidence) =>
        new(StepOutcome.Passed, summary, evidence);

    public static StepResult Failed(string summary, string toDo, params IReadOnlyList<Evidence> evidence) =>
        new(StepOutcome.Failed, summary, evidence, toDo);

    public static StepResult Skipped(string reason) => new(StepOutcome.Skipped, reason, []);
}

/// <summary>One thing that was seen.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">What was found.</param>
internal sealed record Evidence(string Name, string Value)
{
    /// <summary>A check that held, beside others that did not.</summary>
    public bool IsInOrder { get; init; }

    /// <summary>It was so before the release began to migrate.</summary>
    public bool WasSoBefore { get; init; }
}
