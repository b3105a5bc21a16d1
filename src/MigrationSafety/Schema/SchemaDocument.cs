using System.Text;
using System.Text.RegularExpressions;

namespace MigrationSafety.Schema;

/// <summary>
/// Writes a snapshot as a page for people: an entity-relationship picture (Mermaid) and a table of columns for each
/// table, with its keys, indexes and policies. The same snapshot always gives the same page.
/// </summary>
public static partial class SchemaDocument
{
    /// <summary>Writes the page, in Markdown.</summary>
    /// <param name="snapshot">What to draw.</param>
    /// <param name="title">The page's heading.</param>
    /// <param name="renewedBy">The command that writes the page anew.</param>
    public static string Write(SchemaSnapshot snapshot, string title, string renewedBy)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var tables = snapshot.Objects.Where(o => o.Kind is "table" or "partitioned table").Select(Table.Of).ToList();
        var page = new StringBuilder();
        page.Append($"<!-- Written by: {renewedBy} -->\n\n# {title}\n\n");
        WritePicture(page, tables);
        WriteTypes(page, snapshot);
        foreach (var table in tables)
        {
            WriteTable(page, table);
        }

        return page.ToString();
    }

    private static void WritePicture(StringBuilder page, List<Table> tables)
    {
        page.Append("```mermaid\nerDiagram\n");
        foreach (var table in tables)
        {
            foreach (var key in table.ForeignKeys.Where(key => tables.Any(t => t.Name == key.Target)))
            {
                var optional = table.Columns.Any(c => key.Columns.Contains(c.Name) && !c.IsRequired);
                var single = table
                    .UniqueKeys.Append(table.PrimaryKey)
                    .Any(unique => unique.Count > 0 && unique.All(key.Columns.Contains));
                page.Append(
                    $"  {Entity(key.Target)} {(optional ? "|o" : "||")}--{(single ? "o|" : "o{")} {Entity(table.Name)} : \"{key.Name}\"\n"
                );
            }
        }

        foreach (var table in tables)
        {
            page.Append($"  {Entity(table.Name)} {{\n");
            foreach (var column in table.Columns)
            {
                var keys = new List<string>();
                if (table.PrimaryKey.Contains(column.Name))
                {
                    keys.Add("PK");
                }

                if (table.ForeignKeys.Any(key => key.Columns.Contains(column.Name)))
                {
                    keys.Add("FK");
                }

                if (table.UniqueKeys.Any(unique => unique is [var only] && only == column.Name))
                {
                    keys.Add("UK");
                }

                page.Append($"    {Word(Short(column.Type))} {Word(column.Name)}");
                page.Append(keys.Count == 0 ? "\n" : $" {string.Join(", ", keys)}\n");
            }

            page.Append("  }\n");
        }

        page.Append("```\n");
    }

    private static void WriteTypes(StringBuilder page, SchemaSnapshot snapshot)
    {
        var enums = snapshot.Objects.Where(o => o.Kind == "enum").ToList();
        if (enums.Count == 0)
        {
            return;
        }

        page.Append("\n## Enums\n\n| enum | labels, in order |\n|---|---|\n");
        foreach (var item in enums)
        {
            var labels = item.Properties.FirstOrDefault(p => p.Name == "labels")?.Value ?? "";
            page.Append($"| {Code(item.Name)} | {Code(labels)} |\n");
        }
    }

    private static void WriteTable(StringBuilder page, Table table)
    {
        page.Append($"\n## {table.Name}\n\n");
        if (table.Comment is not null)
        {
            page.Append(table.Comment).Append("\n\n");
        }

        page.Append("| column | type | null | default | comment |\n|---|---|---|---|---|\n");
        foreach (var column in table.Columns)
        {
            page.Append(
                $"| {Code(column.Name)} | {Code(column.Type)} | {(column.IsRequired ? "no" : "yes")} | {Code(column.Default)} | {Cell(column.Comment)} |\n"
            );
        }

        WriteList(page, "Keys and constraints", table.Constraints);
        WriteList(page, "Indexes", table.Indexes);
        WriteList(page, "Triggers", table.Triggers);
        page.Append($"\nRow-level security: {table.RowLevelSecurity}.\n");
        WriteList(page, "Policies", table.Policies);
        WriteList(page, "Privileges", table.Grants);
    }

    private static void WriteList(StringBuilder page, string heading, IReadOnlyList<SchemaProperty> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        page.Append($"\n{heading}:\n\n");
        foreach (var item in items)
        {
            var text = string.Join(' ', item.Value.Split('\n', StringSplitOptions.TrimEntries));
            page.Append($"- `{item.Name}` {Code(text)}\n");
        }
    }

    private static string Code(string text) =>
        text.Length == 0 ? "" : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Cell(string? text) =>
        text is null ? "" : text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');

    // Mermaid's entities are called as the tables of schema public, which need no schema to be told apart.
    private static string Entity(string table) =>
        Word(table.StartsWith("public.", StringComparison.Ordinal) ? table[7..] : table);

    // A word of Mermaid's: letters, digits, underscores, brackets.
    private static string Word(string text) => NotOfWord().Replace(text.Trim('"'), "_");

    private static string Short(string type) =>
        type.Replace("timestamp with time zone", "timestamptz", StringComparison.Ordinal)
            .Replace("timestamp without time zone", "timestamp", StringComparison.Ordinal)
            .Replace("character varying", "varchar", StringComparison.Ordinal)
            .Replace("double precision", "float8", StringComparison.Ordinal)
            .Replace("public.", "", StringComparison.Ordinal);

    [GeneratedRegex(@"[^A-Za-z0-9_\[\]]")]
    private static partial Regex NotOfWord();

    private sealed record Column(string Name, string Type, bool IsRequired, string Default, string? Comment);

    private sealed record ForeignKey(string Name, IReadOnlyList<string> Columns, string Target);

    private sealed partial record Table(string Name, SchemaObject Object)
    {
        public required IReadOnlyList<Column> Columns { get; init; }
        public required IReadOnlyList<SchemaProperty> Constraints { get; init; }

        public IReadOnlyList<SchemaProperty> Indexes => Named("index ");
        public IReadOnlyList<SchemaProperty> Triggers => Named("trigger ");
        public IReadOnlyList<SchemaProperty> Policies => Named("policy ");
        public IReadOnlyList<SchemaProperty> Grants => Named("grant ");
        public string RowLevelSecurity => Value("row level security") ?? "disabled";
        public string? Comment => Unquoted(Value("comment"));

        public IReadOnlyList<string> PrimaryKey =>
            Constraints.Select(c => ColumnsOf(c.Value, "PRIMARY KEY")).FirstOrDefault(c => c.Count > 0) ?? [];

        public IReadOnlyList<IReadOnlyList<string>> UniqueKeys =>
            [.. Constraints.Select(c => ColumnsOf(c.Value, "UNIQUE")).Where(c => c.Count > 0)];

        public IReadOnlyList<ForeignKey> ForeignKeys =>
            [
                .. Constraints
                    .Select(c => (c.Name, Match: References().Match(c.Value)))
                    .Where(c => c.Match.Success)
                    .Select(c => new ForeignKey(
                        c.Name["constraint ".Length..].Trim('"'),
                        c.Match.Groups["columns"].Value.Split(", "),
                        c.Match.Groups["target"].Value
                    )),
            ];

        public static Table Of(SchemaObject table) =>
            new(table.Name, table)
            {
                Columns =
                [
                    .. table
                        .Properties.Where(p => p.Name.StartsWith("column ", StringComparison.Ordinal))
                        .Select(p => ColumnOf(table, p)),
                ],
                Constraints =
                [
                    .. table.Properties.Where(p => p.Name.StartsWith("constraint ", StringComparison.Ordinal)),
                ],
            };

        private static Column ColumnOf(SchemaObject table, SchemaProperty property)
        {
            var name = property.Name["column ".Length..];
            var parts = ColumnParts().Match(property.Value);
            var comment = table.Properties.FirstOrDefault(p => p.Name == $"comment on column {name}")?.Value;
            return new Column(
                name,
                parts.Groups["type"].Value,
                parts.Groups["required"].Success,
                parts.Groups["default"].Value,
                Unquoted(comment)
            );
        }

        private IReadOnlyList<SchemaProperty> Named(string prefix) =>
            [.. Object.Properties.Where(p => p.Name.StartsWith(prefix, StringComparison.Ordinal))];

        private string? Value(string name) => Object.Properties.FirstOrDefault(p => p.Name == name)?.Value;

        private static string? Unquoted(string? literal) =>
            literal?[1..^1].Replace("''", "'", StringComparison.Ordinal);

        private static IReadOnlyList<string> ColumnsOf(string constraint, string kind) =>
            constraint.StartsWith(kind, StringComparison.Ordinal)
            && Parenthesis().Match(constraint) is { Success: true } columns
                ? columns.Groups[1].Value.Split(", ")
                : [];

        [GeneratedRegex(
            @"^(?<type>.+?)(?: COLLATE \S+)?(?<required> NOT NULL)?(?: NOT VALID)?(?: (?:DEFAULT (?<default>.*)|(?<default>GENERATED .*)))?$",
            RegexOptions.Singleline
        )]
        private static partial Regex ColumnParts();

        [GeneratedRegex(@"^FOREIGN KEY \((?<columns>.*?)\) REFERENCES (?<target>[^(]+)\(")]
        private static partial Regex References();

        [GeneratedRegex(@"\((.*?)\)")]
        private static partial Regex Parenthesis();
    }
}
