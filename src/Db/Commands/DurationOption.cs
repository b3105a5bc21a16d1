using System.CommandLine;
using MigrationSafety.Arguments;

namespace Db.Commands;

/// <summary>An option that takes a time with its unit.</summary>
internal static class DurationOption
{
    public static Option<TimeSpan> Create(string name, TimeSpan @default, string description) =>
        new(name)
        {
            Description = $"{description} {Duration.Text(@default)} where not given.",
            HelpName = "time",
            DefaultValueFactory = _ => @default,
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
                // What people type for minutes; PostgreSQL's own unit is min.
                if (
                    Duration.TryParse(text, out var duration)
                    || (text.EndsWith('m') && Duration.TryParse($"{text}in", out duration))
                )
                {
                    return duration;
                }

                result.AddError($"\"{text}\" is not a time for {name}; write 30s, 5m or 1h.");
                return default;
            },
        };
}
