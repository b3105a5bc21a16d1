using Data.Migrations;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using MigrationSafety.Schema;

namespace Db.Databases;

/// <summary>The schema that the migrations of this build make, read from a throw-away server.</summary>
internal static class MigratedSchema
{
    /// <exception cref="NoServerException">No server can be started here.</exception>
    public static async Task<SchemaSnapshot> ReadAsync(CancellationToken ct)
    {
        await using var server = await ThrowAwayServer.StartAsync(ct: ct);
        await using var database = await server.CreateDatabaseAsync(ct);
        await using (var context = DesignTimeFactory.CreateFor(database.ConnectionString))
        {
            await context.Database.MigrateAsync(ct);
        }

        return await SchemaSnapshot.ReadAsync(database.ConnectionString, ExpectedSchema.Scope, ct);
    }
}
