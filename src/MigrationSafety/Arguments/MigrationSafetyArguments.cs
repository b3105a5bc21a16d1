using MigrationSafety.Arguments;
using MigrationSafety.Connections;

namespace MigrationSafety;

/// <summary>
/// What stands after <c>--</c> on the command line of <c>efbundle</c> and <c>dotnet ef database update</c>, which EF Core hands to the
/// design-time factory.
/// </summary>
/// <remarks>
/// <para>
/// <c>--create-database</c>, <c>--allow-out-of-order</c>, <c>--allow-data-loss</c>, <c>--allow-edited</c>, <c>--allow-hazards</c>,
/// <c>--plan[=text|json]</c>, <c>--expect-plan DIGEST</c>, and with a duration (<c>250ms</c>, <c>2s</c>, <c>10min</c>, <c>4h</c>): <c>--lock-timeout</c>,
/// <c>--lock-wait</c>, <c>--runner-wait</c>, <c>--statement-timeout</c>, <c>--non-transactional-timeout</c>, <c>--reconnect-wait</c>,
/// <c>--long-transaction</c>; <c>--free-disk SIZE</c> (<c>500MB</c>, <c>20GB</c>, <c>1TB</c>). A value may also be joined by <c>=</c>.
/// </para>
/// <para>
/// A wrong argument does not throw here: EF Core would wrap what a factory throws into a message of its own. It is said, alone, by the
/// migration command that follows, and nothing runs.
/// </para>
/// </remarks>
public sealed class MigrationSafetyArguments
{
    private static readonly Dictionary<string, Func<MigrationSafetyOptions, MigrationSafetyOptions>> Switches = new()
    {
        ["--create-database"] = o => o with { CreateDatabase = true },
        ["--allow-out-of-order"] = o => o with { AllowOutOfOrder = true },
        ["--allow-data-loss"] = o => o with { AllowDataLoss = true },
        ["--allow-edited"] = o => o with { AllowEdited = true },
        ["--allow-hazards"] = o => o with { Hazards = HazardPolicy.Report },
    };

    private static readonly Dictionary<
        string,
        Func<MigrationSafetyOptions, TimeSpan, MigrationSafetyOptions>
    > Durations = new()
    {
        ["--lock-timeout"] = (o, d) => o with { LockTimeout = d },
        ["--lock-wait"] = (o, d) => o with { LockWait = d },
        ["--runner-wait"] = (o, d) => o with { RunnerWait = d },
        ["--statement-timeout"] = (o, d) => o with { StatementTimeout = d },
        ["--non-transactional-timeout"] = (o, d) => o with { NonTransactionalTimeout = d },
        ["--reconnect-wait"] = (o, d) => o with { ReconnectWait = d },
        ["--long-transaction"] = (o, d) => o with { LongTransaction = d },
    };

    private readonly List<Func<MigrationSafetyOptions, MigrationSafetyOptions>> _changes = [];

    private MigrationSafetyArguments() { }

    /// <summary>The caller's own arguments that were found, in their order, as they stood there.</summary>
    public IReadOnlyList<string> Others { get; private set; } = [];

    /// <summary>What is wrong with the arguments, in one line, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the arguments of a design-time factory.</summary>
    /// <param name="arguments">What EF Core handed to the factory.</param>
    /// <param name="others">
    /// Names of switches that the caller itself understands, such as <c>--sample-data</c>. They come back in <see cref="Others"/>;
    /// whatever neither side knows is a <see cref="Problem"/> that names the nearest known argument.
    /// </param>
    public static MigrationSafetyArguments Parse(
        IEnumerable<string> arguments,
        params IReadOnlyCollection<string> others
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var result = new MigrationSafetyArguments();
        var found = new List<string>();
        var left = new Queue<string>(arguments);
        while (result.Problem is null && left.TryDequeue(out var argument))
        {
            var (name, value) = argument.Split('=', 2) is [var n, var v] ? (n, v) : (argument, null);
            if (others.Contains(name))
            {
                found.Add(argument);
            }
            else
            {
                result.Problem = result.Take(name, value, left, others);
            }
        }

        result.Others = found;
        return result;
    }

    internal MigrationSafetyOptions ApplyTo(MigrationSafetyOptions options) =>
        _changes.Aggregate(options, (o, change) => change(o)) with
        {
            ArgumentProblem = Problem,
        };

    private string? Take(string name, string? value, Queue<string> left, IReadOnlyCollection<string> others)
    {
        if (Switches.TryGetValue(name, out var change))
        {
            _changes.Add(change);
            return value is null ? null : $"{name} takes no value, but was given '{value}'.";
        }

        if (name == "--plan")
        {
            PlanOutput? output = value switch
            {
                null or "text" => PlanOutput.Text,
                "json" => PlanOutput.Json,
                _ => null,
            };
            _changes.Add(o => o with { Plan = output ?? PlanOutput.Text });
            return output is null
                ? $"--plan={value} is unknown; write --plan for people or --plan=json for machines."
                : null;
        }

        var known = name is "--expect-plan" or "--free-disk" || Durations.ContainsKey(name);
        if (!known)
        {
            return Unknown(name, others);
        }

        if (value is null && (!left.TryDequeue(out value) || value.StartsWith("--", StringComparison.Ordinal)))
        {
            return name == "--expect-plan" ? "--expect-plan needs the digest that --plan printed."
                : name == "--free-disk"
                    ? $"--free-disk needs a size, such as --free-disk 20GB; units are {DiskSize.Units}."
                : $"{name} needs a duration, such as {name} 2s; units are {Duration.Units}.";
        }

        if (name == "--expect-plan")
        {
            _changes.Add(o => o with { ExpectedPlan = value });
            return string.IsNullOrWhiteSpace(value) ? "--expect-plan needs the digest that --plan printed." : null;
        }

        if (name == "--free-disk")
        {
            var read = DiskSize.TryParse(value, out var bytes);
            _changes.Add(o => o with { FreeDisk = bytes });
            return read
                ? null
                : $"--free-disk {value}: not a size. Write a number and its unit ({DiskSize.Units}), such as --free-disk 20GB.";
        }

        if (!Duration.TryParse(value, out var duration))
        {
            return $"{name} {value}: not a duration. Write a number and its unit ({Duration.Units}), at most 30 days, such as {name} 2s.";
        }

        _changes.Add(o => Durations[name](o, duration));
        return null;
    }

    private static string Unknown(string name, IReadOnlyCollection<string> others)
    {
        string[] all = [.. Switches.Keys, .. Durations.Keys, "--plan", "--expect-plan", "--free-disk", .. others];
        var nearest = NearestName.Of(name, all);
        return $"Unknown argument {name}."
            + (nearest is null ? "" : $" Did you mean {nearest}?")
            + $" Known after '--' are: {string.Join(", ", all.Order(StringComparer.Ordinal))}.";
    }
}
