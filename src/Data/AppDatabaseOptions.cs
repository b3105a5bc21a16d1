using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Data;

/// <summary>How <see cref="AppDbContext"/> reaches its database, the same for the application and for its migrations.</summary>
public static class AppDatabaseOptions
{
    /// <summary>
    /// Schema of the migrations history: its own, because Supabase's API roles can read whatever stands in <c>public</c>.
    /// </summary>
    public const string HistorySchema = "migrations";

    /// <summary>Uses PostgreSQL with the application's enum and the place of its migrations.</summary>
    /// <param name="options">The options being built.</param>
    /// <param name="connectionString">Npgsql's key-value form; null where it is given later.</param>
    /// <param name="configure">Further options of the provider.</param>
    public static DbContextOptionsBuilder UseAppDatabase(
        this DbContextOptionsBuilder options,
        string? connectionString,
        Action<NpgsqlDbContextOptionsBuilder>? configure = null
    ) =>
        options.UseNpgsql(
            connectionString,
            npgsql =>
            {
                npgsql.MapEnum<ApiKeyStatus>("api_key_status");
                npgsql.MigrationsAssembly("Data.Migrations");
                npgsql.MigrationsHistoryTable("__EFMigrationsHistory", HistorySchema);
                configure?.Invoke(npgsql);
            }
        );
}
