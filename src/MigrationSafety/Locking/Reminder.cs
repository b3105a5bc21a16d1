using System.Diagnostics;

namespace MigrationSafety.Locking;

/// <summary>Says when it is time to say once more that a wait goes on: about ten times in all.</summary>
/// <param name="limit">How long the wait may last.</param>
internal sealed class Reminder(TimeSpan limit)
{
    private static readonly TimeSpan MostOften = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastOften = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _sinceLast = Stopwatch.StartNew();

    public bool IsDue()
    {
        if (_sinceLast.Elapsed < TimeSpan.FromTicks(Math.Clamp((limit / 10).Ticks, MostOften.Ticks, LeastOften.Ticks)))
        {
            return false;
        }

        _sinceLast.Restart();
        return true;
    }
}
