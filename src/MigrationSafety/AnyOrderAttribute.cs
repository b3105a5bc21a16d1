namespace MigrationSafety;

/// <summary>
/// Marks a migration that gives the same schema whatever ran before it, so that it may be applied although newer ones already are.
/// Its own SQL has to look at what is there: nobody else does.
/// </summary>
/// <param name="because">Why every order gives the same schema.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AnyOrderAttribute(string because) : Attribute
{
    /// <summary>Why every order gives the same schema.</summary>
    public string Because { get; } = because;
}
