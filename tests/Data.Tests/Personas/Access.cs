namespace Data.Tests.Personas;

/// <summary>What one persona may do to one table by one command.</summary>
public enum Access
{
    /// <summary>Refused, whatever the row.</summary>
    Denied,

    /// <summary>The rows that are theirs.</summary>
    Own,

    /// <summary>The rows marked public.</summary>
    Public,

    /// <summary>The rows that are theirs, and everybody's that are marked public.</summary>
    OwnAndPublic,

    /// <summary>Every row.</summary>
    All,
}
