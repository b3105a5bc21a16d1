namespace MigrationSafety.Hazards;

/// <summary>One hazard at one place, with the user's own names in it.</summary>
/// <param name="Hazard">The hazard's id.</param>
/// <param name="What">What would happen, to whom.</param>
/// <param name="Instead">What to write instead, as code that can be pasted.</param>
/// <param name="Where">The place.</param>
/// <param name="Object">The table or other object it is about, as it is written in SQL, or null.</param>
/// <param name="Accept">What to write to accept it, as a line that can be pasted.</param>
public sealed record Finding(
    string Hazard,
    string What,
    string Instead,
    FindingPlace Where,
    string? Object,
    string Accept
);

/// <summary>Where a finding is.</summary>
/// <param name="Migration">The migration's id, or null where the SQL is not a migration's.</param>
/// <param name="Direction">Up or Down, or null.</param>
/// <param name="File">The file, relative to where it was read from, or null.</param>
/// <param name="Line">Its line, from 1; 0 where that is not known.</param>
/// <param name="Sql">The statement, shortened.</param>
public sealed record FindingPlace(string? Migration, string? Direction, string? File, int Line, string Sql);
