using Db.Tracing;
using Db.Tracing.Findings;
using Db.Tracing.Observing;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Db.Tests.Tracing;

/// <summary>All migrations of <see cref="HazardousContext"/>, traced once.</summary>
public sealed class HazardousTrace(PostgresServer postgres) : IAsyncLifetime
{
    public const int Rows = 200;

    internal TraceReport Report { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Report = await new MigrationTrace(
            postgres.Server,
            HazardousContext.Create,
            new TraceOptions(Rows, PreviousRelease: false),
            _ => { }
        ).RunAsync(null, CancellationToken.None);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public class MigrationTraceTests(HazardousTrace trace) : IClassFixture<HazardousTrace>
{
    private TracedMigration Traced<T>() =>
        trace.Report.Migrations.Single(m => m.Id.EndsWith("_" + typeof(T).Name, StringComparison.Ordinal));

    private IReadOnlyList<string> Dangers<T>(string direction = "Up") =>
        [
            .. Traced<T>()
                .Findings.Where(f => f.Severity == Severity.Danger && f.Direction == direction)
                .Select(f => $"{f.Id} {f.Object}"),
        ];

    private ObservedStatement Statement<T>(int number, int run = 0) =>
        Traced<T>().Runs[run].Statements.Single(s => s.Number == number);

    [Fact]
    public void Every_table_holds_rows_before_a_migration_runs()
    {
        var tables = Traced<RewriteInDoBlock>().Tables;

        Assert.Equal(
            ["public.customers", "public.invoices", "public.log", "public.notes", "public.orders"],
            tables.Select(t => t.Table)
        );
        Assert.All(tables, t => Assert.Equal((HazardousTrace.Rows, null), (t.Rows, t.WhyNone)));
    }

    [Fact]
    public void A_rewrite_inside_a_DO_block()
    {
        Assert.Equal(["rewrites-table public.customers"], Dangers<RewriteInDoBlock>());
        var statement = Statement<RewriteInDoBlock>(1);
        Assert.Equal([new ObservedTable("public.customers", HazardousTrace.Rows)], statement.Rewritten);
        Assert.Contains(statement.Locks, l => l is { Table: "public.customers", Mode: LockMode.AccessExclusive });
        Assert.StartsWith(
            "PostgreSQL wrote public.customers anew, all 200 rows, with all its indexes, under ACCESS EXCLUSIVE: readers and writers wait",
            Traced<RewriteInDoBlock>().Findings[0].What,
            StringComparison.Ordinal
        );
        Assert.Equal(["rewrites-table public.customers"], Dangers<RewriteInDoBlock>("Down"));
    }

    [Fact]
    public void A_validation_in_the_transaction_that_added_the_constraint()
    {
        Assert.Equal(["scans-under-lock public.orders"], Dangers<ValidateAtOnce>());
        var validation = Statement<ValidateAtOnce>(2);
        Assert.Equal([new ObservedScan("public.orders", 1, HazardousTrace.Rows, true)], validation.Scanned);
        Assert.Equal(LockMode.AccessExclusive, validation.HeldOn("public.orders"));
        Assert.Equal(1, Statement<ValidateAtOnce>(1).HeldStatements);
    }

    [Fact]
    public void A_validation_in_a_later_transaction_is_harmless()
    {
        Assert.Empty(Dangers<ValidateApart>());
        var validation = Statement<ValidateApart>(2);
        Assert.Equal([new ObservedScan("public.orders", 1, HazardousTrace.Rows, true)], validation.Scanned);
        Assert.Equal(LockMode.ShareUpdateExclusive, validation.HeldOn("public.orders"));
        Assert.Equal((1, 2), (Statement<ValidateApart>(1).Transaction, validation.Transaction));
    }

    [Fact]
    public void A_function_with_an_atomic_body_is_one_statement() =>
        Assert.Equal(
            [
                "CREATE FUNCTION one() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 2; SELECT 1; END",
                "SELECT one()",
                "DROP FUNCTION one()",
            ],
            Traced<StandardSql>().Runs.Take(2).SelectMany(run => run.Statements).Select(statement => statement.Sql)
        );

    [Fact]
    public void An_update_of_a_whole_table()
    {
        Assert.Equal(["unbatched-update public.customers"], Dangers<UpdateAll>());
        Assert.Equal(
            [new ObservedChange("public.customers", 0, HazardousTrace.Rows, 0, HazardousTrace.Rows, false)],
            Statement<UpdateAll>(1).Changed
        );
    }

    [Fact]
    public void A_backfill_under_the_lock_of_a_schema_change() =>
        Assert.Equal(
            ["backfill-with-schema-change public.customers", "unbatched-update public.customers"],
            Dangers<Backfill>().Order()
        );

    [Fact]
    public void An_index_built_under_a_lock_against_writers()
    {
        Assert.Equal(["builds-index-under-lock public.orders"], Dangers<PlainIndex>());
        Assert.Equal([new ObservedIndex("plain", "public.orders")], Statement<PlainIndex>(1).IndexesBuilt);
        Assert.Equal(LockMode.Share, Statement<PlainIndex>(1).HeldOn("public.orders"));
        Assert.Empty(Dangers<PlainIndex>("Down"));
    }

    [Fact]
    public void A_concurrent_index_is_seen_to_keep_nobody_waiting()
    {
        foreach (var run in new[] { 0, 1 })
        {
            var statement = Statement<ConcurrentIndex>(1, run);
            Assert.False(statement.InTransaction);
            Assert.Equal(
                [("public.orders", LockMode.ShareUpdateExclusive)],
                statement.Locks.Select(l => (l.Table, l.Mode))
            );
        }

        Assert.Empty(Dangers<ConcurrentIndex>());
        Assert.Empty(Dangers<ConcurrentIndex>("Down"));
    }

    [Fact]
    public void A_dropped_table_is_named_with_the_rows_it_held()
    {
        Assert.Equal(["drop-table public.notes"], Dangers<DropTable>());
        Assert.Contains("its 200 rows", Traced<DropTable>().Findings[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Locks_on_many_tables_in_one_transaction()
    {
        var finding = Assert.Single(Traced<ManyTables>().Findings, f => f.Direction == "Up");
        Assert.Equal(
            ("many-tables-in-one-transaction", Severity.Warning, "public.customers, public.invoices, public.orders"),
            (finding.Id, finding.Severity, finding.Object)
        );
    }

    [Fact]
    public void Rows_that_are_lost()
    {
        Assert.Equal(["truncate-table public.log"], Dangers<Truncate>());
        Assert.Equal(["unbatched-delete public.log"], Dangers<DeleteAll>());
    }

    [Fact]
    public void A_foreign_key_that_is_not_validated_scans_nothing_and_is_mentioned()
    {
        Assert.Empty(Dangers<ForeignKey>());
        Assert.Equal(
            [("public.customers", LockMode.ShareRowExclusive), ("public.invoices", LockMode.ShareRowExclusive)],
            Statement<ForeignKey>(1).Locks.Select(l => (l.Table, l.Mode))
        );
        var note = Assert.Single(Traced<ForeignKey>().Findings);
        Assert.Equal(("leaves-constraint-not-valid", Severity.Note), (note.Id, note.Severity));
    }

    [Fact]
    public void Not_null_scans_unless_a_check_proves_it()
    {
        Assert.Equal(["scans-under-lock public.orders"], Dangers<SetNotNull>());
        Assert.Empty(Dangers<SetNotNullProven>());
        Assert.Empty(Statement<SetNotNullProven>(3).Scanned);
    }

    [Fact]
    public void A_materialized_view_that_is_refreshed() =>
        Assert.Equal(["rewrites-table public.totals"], Dangers<Refresh>());

    [Fact]
    public void A_lock_on_one_table_held_through_work_on_another() =>
        Assert.Equal(
            ["builds-index-under-lock public.orders", "holds-lock-through-work public.customers"],
            Dangers<LockThroughWork>().Order()
        );

    [Fact]
    public void What_a_migration_does_to_its_own_tables_is_nobodys_business()
    {
        Assert.Empty(Dangers<OnlyNew>());
        Assert.Empty(Dangers<OnlyNew>("Down"));
        var note = Assert.Single(Traced<OnlyNew>().Findings);
        Assert.Equal(("down-loses-data", "public.customers.added, public.tags"), (note.Id, note.Object));
    }

    [Fact]
    public void A_statement_outside_of_a_transaction_shows_what_it_waits_for()
    {
        Assert.Equal(["rewrites-table public.log"], Dangers<VacuumFull>());
        Assert.Contains(
            Statement<VacuumFull>(1).Locks,
            l => l is { Table: "public.log", Mode: LockMode.AccessExclusive }
        );
    }

    [Fact]
    public void An_accepted_hazard_is_shown_with_its_reason_and_fails_nothing()
    {
        var finding = Assert.Single(Traced<Accepted>().Findings);
        Assert.Equal(("unbatched-update", "Twenty rows in production."), (finding.Id, finding.Accepted));
        Assert.DoesNotContain(finding, trace.Report.Dangers);
        Assert.Equal("Nobody writes at night.", Assert.Single(Traced<AcceptedByItsCheck>().Findings).Accepted);
        Assert.Contains(Traced<UpdateAll>().Findings[0], trace.Report.Dangers);
    }

    [Fact]
    public void A_dropped_view()
    {
        var finding = Assert.Single(Traced<DropView>().Findings);
        Assert.Equal(("drop-view", Severity.Warning, "public.names"), (finding.Id, finding.Severity, finding.Object));
    }

    [Fact]
    public void The_way_back_is_traced_as_well()
    {
        Assert.Empty(Dangers<HarmfulDown>());
        Assert.Equal(["scans-under-lock public.orders"], Dangers<HarmfulDown>("Down"));
    }

    [Fact]
    public void A_Down_that_forgets_something()
    {
        var finding = Assert.Single(Traced<ForgetfulDown>().Findings, f => f.Severity > Severity.Note);
        Assert.Equal(
            ("down-does-not-restore", Severity.Warning, "Down"),
            (finding.Id, finding.Severity, finding.Direction)
        );
        Assert.Equal(
            [
                "different: table public.log, column line: expected text NOT NULL; found text NOT NULL DEFAULT ''::text",
                "extra: function public.shout(text)",
            ],
            Traced<ForgetfulDown>().NotRestored!
        );
        Assert.Contains("shout", finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Down_that_takes_back_everything()
    {
        Assert.Empty(Traced<OnlyNew>().NotRestored!);
        Assert.Empty(Traced<DropTable>().NotRestored!);
        // No Down ran.
        Assert.Null(Traced<FailsOnRows>().NotRestored);
    }

    [Fact]
    public void A_migration_that_fails_on_rows()
    {
        var finding = Traced<FailsOnRows>().Findings[0];
        Assert.Equal(("fails-on-rows", Severity.Danger), (finding.Id, finding.Severity));
        Assert.Contains("never", finding.What, StringComparison.Ordinal);
        Assert.StartsWith(
            "ALTER TABLE customers ADD CONSTRAINT never",
            Traced<FailsOnRows>().Runs[0].Failure!.Sql,
            StringComparison.Ordinal
        );
    }
}
