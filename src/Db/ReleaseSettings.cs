using System.Globalization;
using System.Text.Json;
using Db.Notifying;
using Db.Windows;
using MigrationSafety.Arguments;
using MigrationSafety.Connections;

namespace Db;

/// <summary>What a team has decided about its releases: <c>release/release.json</c>.</summary>
/// <param name="Window">When releases are made; null for any time.</param>
/// <param name="Load">From where on a database does too much for one.</param>
/// <param name="BackupNotOlderThan">How old the backup may be.</param>
/// <param name="WebhookFormat">What the webhook is sent; null to tell by its host.</param>
internal sealed record ReleaseSettings(
    ReleaseWindow? Window,
    LoadLimits Load,
    TimeSpan BackupNotOlderThan,
    WebhookFormat? WebhookFormat
)
{
    /// <summary>What holds where nothing was decided.</summary>
    public static ReleaseSettings Default { get; } = new(null, LoadLimits.Default, TimeSpan.FromHours(24), null);

    /// <summary>Reads the file; the defaults where there is none.</summary>
    /// <exception cref="CouldNotRunException">It cannot be understood; every problem is named, one line each.</exception>
    public static ReleaseSettings Read(string file)
    {
        if (!File.Exists(file))
        {
            return Default;
        }

        var problems = new List<string>();
        var settings = Parse(File.ReadAllText(file), problem => problems.Add($"{file}: {problem}"));
        return problems.Count == 0
            ? settings
            : throw new CouldNotRunException(string.Join(Environment.NewLine, problems));
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="json">The text; comments and a comma too many are allowed.</param>
    /// <param name="problem">Told what is wrong.</param>
    public static ReleaseSettings Parse(string json, Action<string> problem)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                json,
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
            );
        }
        catch (JsonException e)
        {
            problem($"line {e.LineNumber + 1}: this is not JSON.");
            return Default;
        }

        using (document)
        {
            var root = new Section(document.RootElement, "", problem);
            root.Only("window", "load", "backup", "webhook");
            var load = root.Child("load");
            load?.Only("measureFor", "transactionsPerSecond", "longestTransaction", "replicationLag");
            var backup = root.Child("backup");
            backup?.Only("notOlderThan");
            var webhook = root.Child("webhook");
            webhook?.Only("format");
            return new ReleaseSettings(
                root.Child("window") is { } window ? WindowOf(window) : null,
                load is null
                    ? LoadLimits.Default
                    : new LoadLimits(
                        load.Number("transactionsPerSecond"),
                        load.Duration("longestTransaction") ?? LoadLimits.Default.LongestTransaction,
                        load.Duration("replicationLag") ?? LoadLimits.Default.ReplicationLag,
                        load.Duration("measureFor") ?? LoadLimits.Default.MeasureFor
                    ),
                backup?.Duration("notOlderThan") ?? Default.BackupNotOlderThan,
                webhook?.Text("format") switch
                {
                    null => null,
                    "slack" => Notifying.WebhookFormat.Slack,
                    "json" => Notifying.WebhookFormat.Json,
                    var other => Wrong<WebhookFormat?>(
                        problem,
                        $"webhook.format: \"{other}\" is not known; write slack or json."
                    ),
                }
            );
        }
    }

    private static ReleaseWindow WindowOf(Section window)
    {
        window.Only("timeZone", "open", "freeze");
        var open = new List<OpenHours>();
        foreach (var hours in window.Items("open"))
        {
            hours.Only("days", "from", "to");
            var days = hours.Texts("days").Select(day => Day(day, hours)).OfType<DayOfWeek>().ToHashSet();
            var (from, to) = (hours.Time("from"), hours.Time("to"));
            if (from == to && from is not null)
            {
                hours.Problem("to", "it is the same as \"from\"; the whole day is 00:00 to 24:00.");
            }

            open.Add(
                new OpenHours(
                    days.Count == 0 ? Enum.GetValues<DayOfWeek>().ToHashSet() : days,
                    from ?? default,
                    to ?? default
                )
            );
        }

        if (open.Count == 0)
        {
            window.Problem("open", "no hours are given, so it would never open.");
        }

        var freezes = new List<Freeze>();
        foreach (var freeze in window.Items("freeze"))
        {
            freeze.Only("from", "to", "why");
            var from = freeze.Date("from");
            var to = freeze.Date("to") ?? from;
            if (to < from)
            {
                freeze.Problem("to", "it is before \"from\".");
            }

            freezes.Add(new Freeze(from ?? default, to ?? default, freeze.Text("why")));
        }

        return new ReleaseWindow(Zone(window), open, freezes);
    }

    private static TimeZoneInfo Zone(Section window)
    {
        var name = window.Text("timeZone");
        if (name is null)
        {
            window.Problem("timeZone", "it is missing; write an IANA name: Europe/Berlin, America/New_York, UTC.");
            return TimeZoneInfo.Utc;
        }

        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e)
            when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException)
        {
            window.Problem(
                "timeZone",
                $"\"{name}\" is not known on this machine; write an IANA name (Europe/Berlin). Small container images lack them all: install tzdata."
            );
            return TimeZoneInfo.Utc;
        }
    }

    private static DayOfWeek? Day(string text, Section hours)
    {
        var day = Enum.GetValues<DayOfWeek>()
            .Where(d => d.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) && text.Length >= 3)
            .Select(d => (DayOfWeek?)d)
            .FirstOrDefault();
        if (day is null)
        {
            hours.Problem("days", $"\"{text}\" is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun.");
        }

        return day;
    }

    private static T? Wrong<T>(Action<string> problem, string what)
    {
        problem(what);
        return default;
    }

    /// <summary>An object of the file, with its path for messages.</summary>
    private sealed class Section(JsonElement element, string path, Action<string> problem)
    {
        private readonly bool _isObject =
            element.ValueKind == JsonValueKind.Object
            || Wrong<bool>(problem, $"{(path.Length == 0 ? "the file" : path)}: an object is expected: {{ … }}.");

        public void Problem(string name, string what) => problem($"{At(name)}: {what}");

        public void Only(params string[] names)
        {
            foreach (var property in _isObject ? [.. element.EnumerateObject()] : System.Array.Empty<JsonProperty>())
            {
                if (!names.Contains(property.Name))
                {
                    Problem(
                        property.Name,
                        NearestName.Of(property.Name, names) is { } meant
                            ? $"it is not known; \"{meant}\" is."
                            : $"it is not known; known are {string.Join(", ", names)}."
                    );
                }
            }
        }

        public Section? Child(string name) => Get(name) is { } value ? new Section(value, At(name), problem) : null;

        public IEnumerable<Section> Items(string name) =>
            List(name).Select((item, i) => new Section(item, $"{At(name)}[{i}]", problem));

        public IEnumerable<string> Texts(string name) =>
            List(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText());

        public string? Text(string name) =>
            Get(name) switch
            {
                null => null,
                { ValueKind: JsonValueKind.String } value => value.GetString(),
                _ => Wrong<string>(problem, $"{At(name)}: a text in quotes is expected."),
            };

        public double? Number(string name) =>
            Get(name) switch
            {
                null => null,
                { ValueKind: JsonValueKind.Number } value when value.GetDouble() >= 0 => value.GetDouble(),
                _ => Wrong<double?>(problem, $"{At(name)}: a number is expected."),
            };

        public TimeSpan? Duration(string name) =>
            Text(name) is not { } text ? null
            : MigrationSafety.Arguments.Duration.TryParse(text, out var duration) ? duration
            : Wrong<TimeSpan?>(problem, $"{At(name)}: \"{text}\" is not a time; write 30s, 5min or 24h.");

        public TimeSpan? Time(string name)
        {
            var text = Text(name);
            if (text == "24:00")
            {
                return TimeSpan.FromDays(1);
            }

            return text is null ? Wrong<TimeSpan?>(problem, $"{At(name)}: it is missing; write \"06:00\".")
                : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
                    ? time.ToTimeSpan()
                : Wrong<TimeSpan?>(problem, $"{At(name)}: \"{text}\" is not a time of day; write \"06:00\".");
        }

        public DateOnly? Date(string name)
        {
            var text = Text(name);
            return text is null ? (name == "to" ? null : Wrong<DateOnly?>(problem, $"{At(name)}: it is missing."))
                : DateOnly.TryParseExact(
                    text,
                    "yyyy-MM-dd",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.None,
                    out var date
                )
                    ? date
                : Wrong<DateOnly?>(problem, $"{At(name)}: \"{text}\" is not a date; write \"2026-12-24\".");
        }

        private string At(string name) => path.Length == 0 ? name : $"{path}.{name}";

        private JsonElement? Get(string name) =>
            _isObject && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
                ? value
                : null;

        private IEnumerable<JsonElement> List(string name) =>
            Get(name) switch
            {
                null => [],
                { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
                _ => Wrong<JsonElement[]>(problem, $"{At(name)}: a list is expected: [ … ].") ?? [],
            };
    }
}
