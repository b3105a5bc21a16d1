namespace Data.Access;

/// <summary>The rows of one table that a persona reaches by one command.</summary>
public enum RowAccess
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
