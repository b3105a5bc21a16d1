namespace MigrationSafety.Hazards;

/// <summary>What a review of SQL has to know beside the SQL.</summary>
public sealed record HazardOptions
{
    /// <summary>The oldest major version of PostgreSQL that the SQL will run on.</summary>
    public int PostgresVersion { get; init; } = 15;

    /// <summary>The schemas whose tables and functions an API serves to whoever asks.</summary>
    public IReadOnlyList<string> ExposedSchemas { get; init; } = ["public"];

    /// <summary>The roles that such an API acts as; public stands for PUBLIC.</summary>
    public IReadOnlyList<string> ApiRoles { get; init; } = ["anon", "authenticated", "public"];

    /// <summary>The table in which EF Core notes what is applied: a row in it ends a migration in a script of several.</summary>
    public string HistoryTable { get; init; } = "__EFMigrationsHistory";

    /// <summary>
    /// Whether a file that begins no transaction runs in one, as Flyway, golang-migrate and others do it. Without it, each statement is
    /// committed by itself, as psql does it.
    /// </summary>
    public bool FilesRunInOneTransaction { get; init; }
}
