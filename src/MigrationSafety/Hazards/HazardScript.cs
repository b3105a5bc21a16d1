namespace MigrationSafety.Hazards;

/// <summary>SQL that is run one after the other: one direction of a migration, or a file.</summary>
/// <param name="Commands">Its parts, in order.</param>
public sealed record HazardScript(IReadOnlyList<HazardCommand> Commands)
{
    /// <summary>The migration's id; null for a file that is none of EF Core's.</summary>
    public string? Migration { get; init; }

    /// <summary>
    /// Up or Down; null for a file. A Down is reviewed beside its Up, and what comes after both sees the Up's schema; where the Up is
    /// history, the Down is what is going to run.
    /// </summary>
    public string? Direction { get; init; }

    /// <summary>The file, relative to where it was read from, or null.</summary>
    public string? File { get; init; }

    /// <summary>What the migration accepts.</summary>
    public IReadOnlyList<AcceptedHazard> Accepted { get; init; } = [];

    /// <summary>Whether it ran long ago: it is read for what it made, and nothing is said about it.</summary>
    public bool IsHistory { get; init; }

    /// <summary>A file of SQL.</summary>
    public static HazardScript OfFile(string file, string sql) => new([new HazardCommand(sql)]) { File = file };
}

/// <summary>One command of a migration, which may hold several statements; or a file.</summary>
/// <param name="Sql">The SQL.</param>
public sealed record HazardCommand(string Sql)
{
    /// <summary>Whether EF Core runs it outside of the migration's transaction.</summary>
    public bool TransactionSuppressed { get; init; }

    /// <summary>The file it stands in, where that is another than the script's.</summary>
    public string? File { get; init; }

    /// <summary>The line of the file on which it starts, from 1; 0 where that is not known.</summary>
    public int Line { get; init; } = 1;
}

/// <summary>One hazard that somebody accepted, with the reason.</summary>
/// <param name="Hazard">The hazard's id.</param>
/// <param name="Reason">Why it is no danger here.</param>
/// <param name="On">The table or other object it is limited to, or null.</param>
/// <param name="DependsOnDatabase">Whether the hazard is there only in some databases, and may match nothing elsewhere.</param>
public sealed record AcceptedHazard(string Hazard, string Reason, string? On = null, bool DependsOnDatabase = false)
{
    /// <summary>What the attributes of a migration say.</summary>
    public static IReadOnlyList<AcceptedHazard> Of(Type migration) =>
        [
            .. migration
                .GetCustomAttributes(typeof(AcceptHazardAttribute), inherit: false)
                .Cast<AcceptHazardAttribute>()
                .Select(a => new AcceptedHazard(a.Hazard, a.Reason, a.On, a.DependsOnDatabase)),
        ];
}
