using System.Text;

namespace MigrationSafety;

/// <summary>One thing that went wrong, as the person who has to deal with it needs to read it.</summary>
/// <param name="Id">A short name that does not change between versions.</param>
/// <param name="What">What happened and why it matters.</param>
/// <param name="State">What state the database is in: what is applied and what is not. Null when nothing was touched.</param>
/// <param name="ToDo">What to do now, with names and commands that can be pasted.</param>
public sealed record Failure(string Id, string What, string? State, string ToDo)
{
    /// <summary>The argument with which the run goes on all the same, as its <see cref="ToDo"/> says; null where there is none.</summary>
    internal string? AllowedBy { get; init; }

    /// <summary>The whole message.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(What.TrimEnd());
        text.Append("\n\nState: ").Append(State ?? "nothing was changed.");
        text.Append("\nTo do: ").Append(ToDo.TrimEnd());
        return text.ToString();
    }
}
