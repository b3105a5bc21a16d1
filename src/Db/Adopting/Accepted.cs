namespace Db.Adopting;

/// <summary>What somebody has said may stay, although it would stand in the way.</summary>
[Flags]
internal enum Accepted
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>Accounts and keys of the sample files.</summary>
    SampleData = 1,

    /// <summary>Rows that only a looser constraint of a later version of the application allows.</summary>
    LaterRows = 2,
}
