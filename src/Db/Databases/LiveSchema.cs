using Data.Migrations;
using Db.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Databases;

/// <summary>A live database held against the expected schema.</summary>
/// <param name="Expected">How many objects are expected.</param>
/// <param name="Differences">What is missing, extra or different.</param>
/// <param name="Kept">What an adopted database had besides, and keeps; no difference.</param>
internal sealed record LiveSchema(
    int Expected,
    IReadOnlyList<SchemaDifference> Differences,
    IReadOnlyList<SchemaDifference> Kept
)
{
    /// <summary>Compares, reading the catalogs only.</summary>
    public static async Task<LiveSchema> CompareAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var expected = ExpectedSchema.Read();
        var found = await SchemaSnapshot.ReadAsync(connection, ExpectedSchema.Scope, ct);
        var (differences, kept) = await KeptDifferences.PartAsync(connection, expected.Compare(found), ct);
        return new LiveSchema(expected.Objects.Count, differences, kept);
    }
}
