namespace MigrationSafety.Schema.Catalogs;

/// <summary>
/// Takes out of a function's body how far its text was indented as a whole. <c>dotnet ef migrations script --idempotent</c>
/// puts each statement, bodies included, four columns to the right of where the migration has it.
/// </summary>
internal static class FunctionBody
{
    public static string WithoutIndent(string body)
    {
        var lines = body.Split('\n');
        // A first line that begins right behind the opening quote tells nothing of how the others are indented.
        var fixedLines = lines.Length > 1 && Indent(lines[0]) == 0 ? 1 : 0;
        var indent = lines.Skip(fixedLines).Where(line => line.Length > 0).Select(Indent).DefaultIfEmpty(0).Min();
        return string.Join(
            '\n',
            lines.Select((line, index) => index < fixedLines || line.Length == 0 ? line : line[indent..])
        );
    }

    private static int Indent(string line) => line.Length - line.TrimStart(' ', '\t').Length;
}
