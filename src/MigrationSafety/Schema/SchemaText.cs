using System.Text;

namespace MigrationSafety.Schema;

/// <summary>
/// The form of a snapshot that is committed and reviewed: a block for each object, a line for each property, and what
/// spans lines indented behind a bar. Lines that begin with # are comments.
/// </summary>
internal static class SchemaText
{
    private const string Bar = "    | ";

    public static string Write(IEnumerable<SchemaObject> objects)
    {
        var text = new StringBuilder();
        foreach (var item in objects)
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(item.Key).Append('\n');
            foreach (var property in item.Properties)
            {
                text.Append("  ").Append(property.Name).Append(':');
                if (!property.Value.Contains('\n'))
                {
                    text.Append(' ').Append(property.Value).Append('\n');
                    continue;
                }

                text.Append('\n');
                foreach (var line in property.Value.Split('\n'))
                {
                    text.Append((Bar + line).TrimEnd()).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    /// <exception cref="FormatException">A line is in no place where the form has one; the message names it.</exception>
    public static IReadOnlyList<SchemaObject> Read(string text)
    {
        var objects = new List<(string Kind, string Name, List<(string Name, List<string> Lines)> Properties)>();
        var number = 0;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] != ' ' && line.Contains(' '))
            {
                var (kind, name) = Header(line);
                objects.Add((kind, name, []));
            }
            else if (
                line.StartsWith(Bar.TrimEnd(), StringComparison.Ordinal)
                && objects is [.., { Properties: [.., var last] }]
            )
            {
                last.Lines.Add(line.Length > Bar.Length ? line[Bar.Length..] : "");
            }
            else if (
                line.StartsWith("  ", StringComparison.Ordinal)
                && objects.Count > 0
                && Colon(line) is var colon and > 0
            )
            {
                var value = line[(colon + 1)..].TrimStart();
                objects[^1].Properties.Add((line[2..colon], value.Length == 0 ? [] : [value]));
            }
            else
            {
                throw new FormatException($"Line {number} of the snapshot is neither an object nor a property of one.");
            }
        }

        return
        [
            .. objects.Select(o => new SchemaObject(
                o.Kind,
                o.Name,
                [.. o.Properties.Select(p => new SchemaProperty(p.Name, string.Join('\n', p.Lines)))]
            )),
        ];
    }

    // A kind may be of two words ("materialized view"); the name begins where a schema or an extension's name does.
    private static (string Kind, string Name) Header(string line)
    {
        var kind =
            SchemaKinds.All.FirstOrDefault(k => line.StartsWith(k + " ", StringComparison.Ordinal))
            ?? line[..line.IndexOf(' ')];
        return (kind, line[(kind.Length + 1)..]);
    }

    // The colon after the property's name, which may contain quoted identifiers.
    private static int Colon(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            quoted ^= line[i] == '"';
            if (line[i] == ':' && !quoted && (i + 1 == line.Length || line[i + 1] == ' '))
            {
                return i;
            }
        }

        return -1;
    }
}
