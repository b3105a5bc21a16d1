using System.Text;
using System.Text.Json;

namespace Db.CriticalQueries;

/// <summary>A plan, as EXPLAIN wrote it.</summary>
/// <param name="Indexes">The indexes that it uses.</param>
/// <param name="SequentiallyScanned">The tables that it reads from end to end.</param>
/// <param name="Text">Its nodes, one line each.</param>
internal sealed record QueryPlan(IReadOnlySet<string> Indexes, IReadOnlySet<string> SequentiallyScanned, string Text)
{
    /// <param name="json">What EXPLAIN (FORMAT JSON) answered.</param>
    public static QueryPlan Parse(string json)
    {
        var indexes = new HashSet<string>();
        var scanned = new HashSet<string>();
        var text = new StringBuilder();
        using var document = JsonDocument.Parse(json);
        Visit(document.RootElement[0].GetProperty("Plan"), 0);
        return new QueryPlan(indexes, scanned, text.ToString().TrimEnd());

        void Visit(JsonElement node, int depth)
        {
            var type = node.GetProperty("Node Type").GetString()!;
            var (index, relation) = (Value(node, "Index Name"), Value(node, "Relation Name"));
            if (index is not null)
            {
                indexes.Add(index);
            }

            if (type == "Seq Scan" && relation is not null)
            {
                scanned.Add(relation);
            }

            text.Append(' ', depth * 2).Append(type);
            text.Append(index is null ? "" : $" using {index}").Append(relation is null ? "" : $" on {relation}");
            text.AppendLine();
            if (node.TryGetProperty("Plans", out var children))
            {
                foreach (var child in children.EnumerateArray())
                {
                    Visit(child, depth + 1);
                }
            }
        }

        static string? Value(JsonElement node, string name) =>
            node.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
