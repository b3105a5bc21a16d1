using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Db.Backups;

/// <summary>
/// Makes progress of the lines that pg_dump and pg_restore say with --verbose. They say when a table's rows are begun and
/// when they are done; how many rows there are is not said, so the tables' sizes count.
/// </summary>
internal sealed partial class TableProgress
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(5);

    private readonly string _verb;
    private readonly int _jobs;
    private readonly IProgress<string>? _progress;
    private readonly Dictionary<string, long> _sizes;
    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _total;
    private long _said;
    private long _bytes;
    private int _tables;

    /// <param name="verb">What is done: <c>copied</c>.</param>
    /// <param name="jobs">How many at a time.</param>
    /// <param name="tables">The tables and their sizes.</param>
    /// <param name="progress">Told at the begin of a large step, and every few seconds.</param>
    public TableProgress(string verb, int jobs, IReadOnlyList<TableRows> tables, IProgress<string>? progress)
    {
        _verb = verb;
        _jobs = jobs;
        _progress = progress;
        _sizes = tables
            .GroupBy(table => table.Name)
            .ToDictionary(same => same.Key, same => same.Sum(table => table.Bytes) / same.Count());
        _total = tables.Sum(table => table.Bytes);
        Count = tables.Count;
    }

    private int Count { get; }

    /// <summary>Takes a line of pg_dump's or pg_restore's.</summary>
    public void Take(string line)
    {
        // With several jobs the begin is said as well: it does not count there.
        if (
            Finished().Match(line) is not { Success: true } match
            || (_jobs > 1 && !line.Contains(": finished item ", StringComparison.Ordinal))
        )
        {
            return;
        }

        string said;
        lock (_lock)
        {
            _tables++;
            _bytes += _sizes.GetValueOrDefault(match.Groups["table"].Value);
            var now = Stopwatch.GetTimestamp();
            if (_tables < Count && Stopwatch.GetElapsedTime(_said == 0 ? _started : _said, now) < _every)
            {
                return;
            }

            _said = now;
            said =
                $"{_tables} of {Count} tables {_verb}, {Sizes.Of(Math.Min(_bytes, _total))} of {Sizes.Of(_total)}, "
                + $"after {Sizes.Of(Stopwatch.GetElapsedTime(_started, now))}.";
        }

        _progress?.Report(said);
    }

    // With several jobs "pg_dump: finished item 3352 TABLE DATA t2"; with one, only the begin of each is said:
    // pg_dump: dumping contents of table "public.t2"
    [GeneratedRegex(
        "^pg_(?:dump|restore): (?:finished item [0-9]+ TABLE DATA (?<table>.+)|(?:dumping contents of|processing data for) table \"(?:[^.]*\\.)?(?<table>.+)\")$"
    )]
    private static partial Regex Finished();
}
