using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace MigrationSafety.Execution;

/// <summary>The name of EF Core's history table, from the same options that HistoryRepository itself reads.</summary>
internal sealed record HistoryTable(string? Schema, string Name)
{
    public static HistoryTable Of(IDbContextOptions options)
    {
        var relational = RelationalOptionsExtension.Extract(options);
        return new HistoryTable(
            relational.MigrationsHistoryTableSchema,
            relational.MigrationsHistoryTableName ?? HistoryRepository.DefaultTableName
        );
    }

    /// <summary>As SQL: quoted, with its schema if one is configured.</summary>
    public string Delimited(ISqlGenerationHelper sql) => sql.DelimitIdentifier(Name, Schema);

    /// <summary>The name that both the lock's key and the journal's rows use.</summary>
    public string Key(string? currentSchema) => $"{Schema ?? currentSchema ?? "public"}.{Name}";
}
