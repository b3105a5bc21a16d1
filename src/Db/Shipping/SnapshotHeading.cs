namespace Db.Shipping;

/// <summary>The first lines of Data.Migrations/schema.snapshot: what it is, and after which migration it was made.</summary>
internal static class SnapshotHeading
{
    /// <summary>The command that writes it.</summary>
    public const string RenewedBy = "dotnet run --project src/Db -- snapshot";

    private const string Newest = "# The newest of them: ";

    /// <summary>The lines.</summary>
    /// <param name="migration">The newest migration.</param>
    public static string After(string migration) =>
        $"""
            # What PostgreSQL's catalogs say after all migrations: the same on every version from 15 to 18.
            {Newest}{migration}
            # 'db verify' compares a live database with it. Written by: {RenewedBy}


            """;

    /// <summary>The migration that a snapshot was made after; null where it does not say.</summary>
    public static string? NewestIn(string snapshot) =>
        snapshot
            .ReplaceLineEndings("\n")
            .Split('\n')
            .TakeWhile(line => line.StartsWith('#'))
            .Where(line => line.StartsWith(Newest, StringComparison.Ordinal))
            .Select(line => line[Newest.Length..])
            .FirstOrDefault();
}
