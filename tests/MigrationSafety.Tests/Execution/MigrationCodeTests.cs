using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Internal;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Internal;
using MigrationSafety.Execution;
using Xunit;
#pragma warning disable EF1001 // An application that puts another assembly in its place derives from it too.

namespace MigrationSafety.Tests.Execution;

/// <summary>A migration's code is the application's: it runs ahead of time, but never on two threads at once.</summary>
public class MigrationCodeTests
{
    private static readonly SemaphoreSlim Entered = new(0);
    private static readonly SemaphoreSlim MayLeave = new(0);
    private static int _ranOn;
    private static bool _isOver;

    [Fact]
    public async Task While_one_migration_runs_its_code_no_other_is_made()
    {
        using var context = new HeldContext();
        var code = context.GetService<MigrationCode>();
        var types = context.GetService<IMigrationsAssembly>().Migrations;
        Assert.SkipWhen(Environment.ProcessorCount == 1, "with one processor nothing runs ahead");
        code.Begin();
        await Entered.WaitAsync(TestContext.Current.CancellationToken);
        var wasOver = false;
        var making = new Thread(() =>
        {
            code.Make(types["20260102000000_Second"]);
            wasOver = Volatile.Read(ref _isOver);
        });

        making.Start();
        while ((making.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) == 0)
        {
            await Task.Yield();
        }

        MayLeave.Release();
        making.Join();
        Assert.True(wasOver, "the second migration was made while the first one ran");
    }

    [Fact]
    public void An_assembly_of_the_applications_own_may_use_the_context_so_nothing_runs_beside_it()
    {
        // Whoever waits for what has not begun yet runs it itself, so once would prove nothing.
        for (var time = 0; time < 50; time++)
        {
            using var context = new PlainlyMadeContext
            {
                Further = o => o.ReplaceService<IMigrationsAssembly, OwnAssembly>(),
            };
            var code = context.GetService<MigrationCode>();
            code.Begin();

            code.ChecksumOf("20260101000000_Where");

            Assert.Equal(Environment.CurrentManagedThreadId, _ranOn);
        }
    }

    private sealed class OwnAssembly(
        ICurrentDbContext currentContext,
        IDbContextOptions options,
        IMigrationsIdGenerator idGenerator,
        Microsoft.EntityFrameworkCore.Diagnostics.IDiagnosticsLogger<DbLoggerCategory.Migrations> logger
    ) : MigrationsAssembly(currentContext, options, idGenerator, logger);

    private sealed class HeldContext() : TestsContext("Host=nowhere.invalid")
    {
        [DbContext(typeof(HeldContext))]
        [Migration("20260101000000_First")]
        public sealed class First : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                Entered.Release();
                MayLeave.Wait(TestContext.Current.CancellationToken);
                Volatile.Write(ref _isOver, true);
            }
        }

        [DbContext(typeof(HeldContext))]
        [Migration("20260102000000_Second")]
        public sealed class Second : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) { }
        }
    }

    private sealed class PlainlyMadeContext() : TestsContext("Host=nowhere.invalid")
    {
        [DbContext(typeof(PlainlyMadeContext))]
        [Migration("20260101000000_Where")]
        public sealed class Where : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                _ranOn = Environment.CurrentManagedThreadId;
        }
    }
}
