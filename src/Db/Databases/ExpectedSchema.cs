using Data.Migrations;
using MigrationSafety.Schema;

namespace Db.Databases;

/// <summary>The schema that all migrations together make: committed, reviewed, and embedded beside the migrations.</summary>
internal static class ExpectedSchema
{
    private const string Resource = "schema.snapshot";

    /// <summary>What the snapshot covers: the schemas that the migrations put objects into.</summary>
    public static IReadOnlyList<string> Schemas { get; } = ["app_private", "public"];

    /// <exception cref="CouldNotRunException">This build holds no snapshot.</exception>
    public static SchemaSnapshot Read()
    {
        using var stream =
            typeof(DesignTimeFactory).Assembly.GetManifestResourceStream(Resource)
            ?? throw new CouldNotRunException(
                "This build holds no Data.Migrations/schema.snapshot. Write it, and build again: dotnet run --project src/Db -- snapshot"
            );
        using var reader = new StreamReader(stream);
        return SchemaSnapshot.Parse(reader.ReadToEnd());
    }
}
