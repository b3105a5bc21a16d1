using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>What the rest of a script makes good again.</summary>
internal static class Later
{
    /// <summary>The statements behind the one under review.</summary>
    public static IEnumerable<Statement> Statements(HazardContext context) =>
        context.Statements.Skip(context.Index + 1).Select(s => s.Statement);

    /// <summary>Whether a table or view of this name is there again at the end: made, or renamed to it.</summary>
    public static bool IsThereAgain(HazardContext context, ObjectName name)
    {
        var full = context.Schema.Resolve(name);
        return Statements(context)
            .Any(statement =>
                statement switch
                {
                    CreateView view => Is(view.Name),
                    CreateTable table => Is(table.Name),
                    AlterTable alter => alter.Actions.Any(a => a is RenameTo rename && rename.Name == full.Name),
                    _ => false,
                }
            );

        bool Is(ObjectName made) => made.Name == full.Name && (made.Schema ?? full.Schema) == full.Schema;
    }
}
