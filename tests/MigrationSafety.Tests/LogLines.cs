using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Xunit;

namespace MigrationSafety.Tests;

/// <summary>What a context logs at Information and above, as it is logged.</summary>
internal sealed class LogLines
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _added = new(0);

    public IReadOnlyCollection<string> Lines => _lines;

    public void AddTo(DbContextOptionsBuilder options) =>
        options.LogTo(
            line =>
            {
                _lines.Enqueue(line);
                _added.Release();
            },
            LogLevel.Information
        );

    /// <summary>Waits until a line holds the text, or so many lines do.</summary>
    public async Task SeenAsync(string text, int times = 1)
    {
        while (_lines.Count(line => line.Contains(text, StringComparison.Ordinal)) < times)
        {
            await _added.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
