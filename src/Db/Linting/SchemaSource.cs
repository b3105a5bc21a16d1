using MigrationSafety.Connections;
using MigrationSafety.Hazards;
using MigrationSafety.Schema;

namespace Db.Linting;

/// <summary>What exists before the SQL that is linted: a file of SQL, or a database.</summary>
internal static class SchemaSource
{
    /// <exception cref="CouldNotRunException">There is no such file.</exception>
    /// <exception cref="ConnectionStringException">It is a connection string that cannot be used.</exception>
    public static async Task AddAsync(HazardReview review, string source, CancellationToken ct)
    {
        if (File.Exists(source))
        {
            review.AddSchema(await File.ReadAllTextAsync(source, ct));
            return;
        }

        // Host=…;Password=…: not to be said back as the name of a missing file.
        if (!source.Contains("://", StringComparison.Ordinal) && !source.Contains('='))
        {
            throw new CouldNotRunException(
                $"--schema: there is no file {source}. Name a file of SQL (pg_dump --schema-only makes one) or a database as postgresql://…"
            );
        }

        await using var connection = await PostgresConnectionString.Parse(source, "--schema").OpenAsync(ct);
        review.AddSchema(await CatalogStatements.ReadAsync(connection, ct));
    }
}
