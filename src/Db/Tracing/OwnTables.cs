using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Journal;
using MigrationSafety.Options.Internal;

namespace Db.Tracing;

/// <summary>The tables of EF Core and of the rails, which are not the application's.</summary>
/// <param name="History">The name of EF Core's.</param>
/// <param name="Schemas">The schemas that hold nothing else: the history's and the journal's, where they have one.</param>
internal sealed record OwnTables(string History, IReadOnlyList<string> Schemas)
{
    /// <summary>As a context's options name them.</summary>
    public static OwnTables Of(DbContext context)
    {
        var options = context.GetService<IDbContextOptions>();
        var relational = RelationalOptionsExtension.Extract(options);
        return new OwnTables(
            relational.MigrationsHistoryTableName ?? HistoryRepository.DefaultTableName,
            [
                .. new[]
                {
                    relational.MigrationsHistoryTableSchema,
                    options.FindExtension<MigrationSafetyOptionsExtension>()?.Options.JournalSchema,
                }
                    .OfType<string>()
                    .Where(schema => schema != "public"),
            ]
        );
    }

    /// <summary>Whether a table is one of them, by its name alone.</summary>
    public bool Has(string table) =>
        table == History || table is JournalTables.UnfinishedName or JournalTables.AppliedName;
}
