using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Finds the statement that an object at the end of a script comes from, for a finding to point at.</summary>
internal static class Origin
{
    /// <summary>The statement that made the table; else the last one that names it; null where the script has none of either.</summary>
    public static ReviewedStatement? OfTable(this HazardContext context, ObjectName table) =>
        context.Statements.LastOrDefault(s =>
            s.Statement is CreateTable create && context.Schema.Resolve(create.Name) == table
        ) ?? context.Last<AlterTable>(alter => context.Schema.Resolve(alter.Name) == table);

    /// <summary>The last statement of a kind.</summary>
    public static ReviewedStatement? Last<T>(this HazardContext context, Func<T, bool> which)
        where T : Statement => context.Statements.LastOrDefault(s => s.Statement is T statement && which(statement));

    /// <summary>The last statement that switched a table's row-level security on or off.</summary>
    public static ReviewedStatement? OfRowLevelSecurity(this HazardContext context, ObjectName table, bool enabled) =>
        context.Last<AlterTable>(alter =>
            context.Schema.Resolve(alter.Name) == table
            && alter.Actions.OfType<RowLevelSecurity>().Any(action => action.Enabled == enabled)
        );

    /// <summary>The statement that made a function or changed what it may do; null where the script has none.</summary>
    public static ReviewedStatement? OfRoutine(this HazardContext context, ObjectName name, bool isMadeHere) =>
        context.Statements.LastOrDefault(s =>
            (isMadeHere && s.Statement is CreateRoutine create && Full(context, create.Name) == name)
            || (s.Statement is AlterRoutine { SecurityDefiner: not null } alter && Full(context, alter.Name) == name)
        );

    /// <summary>Whether this script made it.</summary>
    public static bool IsMadeHere(this HazardContext context, int createdIn) =>
        createdIn > 0 && createdIn >= context.SchemaBefore.Migration;

    /// <summary>SQL to write instead: as it is in a file, as a command in a migration.</summary>
    public static string AsWritten(this HazardContext context, string sql) =>
        context.IsMigration ? CSharp.Sql(sql) : sql;

    private static ObjectName Full(HazardContext context, ObjectName name) =>
        name.Schema is not null ? name
        : context.Schema.Routines.ContainsKey(context.Schema.Resolve(name)) ? context.Schema.Resolve(name)
        : name with { Schema = "public" };
}
