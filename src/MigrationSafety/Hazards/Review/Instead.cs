using System.Text;

namespace MigrationSafety.Hazards.Review;

/// <summary>One statement of what to write instead.</summary>
/// <param name="Sql">The statement, without its semicolon; or a remark alone, where it is empty.</param>
/// <param name="Alone">Whether it must run outside of a transaction.</param>
/// <param name="Remark">What is to be said above it, or null.</param>
internal readonly record struct Step(string Sql, bool Alone = false, string? Remark = null);

/// <summary>Writes what to do instead: as C# of a migration, or as SQL where the source is SQL.</summary>
internal static class Instead
{
    /// <summary>Steps of SQL; in a migration each is a command.</summary>
    public static string Steps(HazardContext context, params ReadOnlySpan<Step> steps)
    {
        var text = new StringBuilder();
        foreach (var step in steps)
        {
            if (step.Remark is { } remark)
            {
                text.Append(context.IsMigration ? "// " : "-- ").Append(remark).Append('\n');
            }

            if (step.Sql.Length > 0)
            {
                text.Append(context.IsMigration ? CSharp.Sql(step.Sql, step.Alone) : step.Sql + ";").Append('\n');
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Remarks alone, for what is done in the application rather than in SQL.</summary>
    public static string Remarks(HazardContext context, params ReadOnlySpan<string> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(context.IsMigration ? "// " : "-- ").Append(line).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }
}
