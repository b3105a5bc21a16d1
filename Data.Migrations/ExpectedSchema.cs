using MigrationSafety.Schema;

namespace Data.Migrations;

/// <summary>What the migrations make of a database: the committed <c>Data.Migrations/schema.snapshot</c>, embedded.</summary>
public static class ExpectedSchema
{
    /// <summary>What a snapshot of this project covers: its own schemas, and the extension it needs.</summary>
    /// <remarks>Supabase's service_role bypasses row-level security; the one that is made elsewhere has policies.</remarks>
    public static SchemaSnapshotOptions Scope { get; } =
        new()
        {
            Schemas = ["app_private", "public"],
            Extensions = ["pgcrypto"],
            RolesAbovePolicies = ["service_role"],
        };

    /// <summary>Reads the embedded snapshot.</summary>
    /// <exception cref="InvalidOperationException">This build carries none.</exception>
    public static SchemaSnapshot Read()
    {
        using var stream =
            typeof(ExpectedSchema).Assembly.GetManifestResourceStream("schema.snapshot")
            ?? throw new InvalidOperationException(
                "This build carries no Data.Migrations/schema.snapshot. Make it: dotnet run --project src/Db -- snapshot"
            );
        using var reader = new StreamReader(stream);
        return SchemaSnapshot.Parse(reader.ReadToEnd());
    }
}
