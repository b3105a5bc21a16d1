using Db.Compatibility;
using Db.Tracing;
using Db.Tracing.Findings;
using MigrationSafety.Hazards;
using Xunit;

namespace Db.Tests.Tracing;

/// <summary>All migrations of <see cref="ReleaseContext"/>, traced once.</summary>
public sealed class ReleaseTrace(PostgresServer postgres) : IAsyncLifetime
{
    internal TraceReport Report { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Report = await new MigrationTrace(
            postgres.Server,
            ReleaseContext.Create,
            new TraceOptions(50, Down: false, Role: "trace_tests_app"),
            _ => { }
        ).RunAsync(null, CancellationToken.None);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public class PreviousReleaseTests(ReleaseTrace trace) : IClassFixture<ReleaseTrace>
{
    private TracedMigration Traced<T>() =>
        trace.Report.Migrations.Single(m => m.Id.EndsWith("_" + typeof(T).Name, StringComparison.Ordinal));

    private IReadOnlyList<string> Breaks<T>() =>
        [
            .. Traced<T>()
                .PreviousRelease!.Breaks.Select(b =>
                    $"{b.Property ?? b.Entity} {b.Table}.{b.Column} {string.Join("+", b.Operations)} {b.SqlState}"
                    + (b.When is null ? "" : $" when {b.When}")
                )
                .Order(StringComparer.Ordinal),
        ];

    private IReadOnlyList<TraceFinding> Findings<T>() =>
        [.. Traced<T>().Findings.Where(f => f.Id == "breaks-previous-release")];

    [Theory]
    [InlineData("42703", "drop-column", true)]
    [InlineData("23502", "drop-column", false)]
    [InlineData("23514", "drop-column", false)]
    [InlineData("23502", "not-null-rejects-writes", true)]
    [InlineData("23505", "check-rejects-writes", false)]
    [InlineData("23505", "breaks-previous-release", true)]
    public void Who_accepts_one_hazard_of_a_table_has_not_accepted_another(
        string state,
        string accepted,
        bool isAccepted
    )
    {
        var broken = new ReleaseBreak("User", "User.Name", "public.users", "name", ["insert"], state, "refused", null);
        var comparison = new ReleaseComparison("Before", null, 1, [broken], []);

        var finding = Assert.Single(ReleaseFindings.Of(comparison, codeFirst: null));
        var judged = TraceFindings.Judge(finding, [new AcceptedHazard(accepted, "it is known", "users")]);

        Assert.Equal(isAccepted ? "it is known" : null, judged.Accepted);
    }

    [Fact]
    public void The_first_migration_has_no_previous_release() => Assert.Null(Traced<First>().PreviousRelease);

    [Fact]
    public void What_only_adds_breaks_nothing()
    {
        Assert.Empty(Breaks<Harmless>());
        Assert.Empty(Traced<Harmless>().PreviousRelease!.NotTried);
        Assert.True(Traced<Harmless>().PreviousRelease!.Tried > 40);
    }

    [Fact]
    public void The_new_release_on_the_old_schema_is_reported_and_fails_nothing()
    {
        Assert.Contains(
            Traced<Harmless>().CodeFirst!.Breaks,
            b => b is { Property: "Person.Nickname", Table: "public.people", Column: "nickname" }
        );
        var note = Assert.Single(Traced<Harmless>().Findings, f => f.Id == "needs-migration-before-code");
        Assert.Equal(Severity.Note, note.Severity);
    }

    [Fact]
    public void A_renamed_and_a_dropped_column_of_an_owned_and_of_a_derived_entity()
    {
        Assert.Equal(
            [
                "Address.City public.people.city read+update+insert 42703",
                "Dog.Barks public.animals.barks read+update+insert 42703",
            ],
            Breaks<ColumnsGone>()
        );
        var finding = Findings<ColumnsGone>()[0];
        Assert.Equal(Severity.Danger, finding.Severity);
        Assert.StartsWith(
            "The release that runs now can no longer read, update or insert ",
            finding.What,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_new_column_that_the_running_release_does_not_fill() =>
        Assert.Equal(["Person, Address public.people.phone insert 23502"], Breaks<Required>());

    [Fact]
    public void A_narrower_schema_breaks_for_some_values()
    {
        Assert.Equal(
            [
                "Address.City public.people.city insert+update 23502 when null is written, which the release's model allows",
                "Person.Age public.people.age insert+update 23514 when the value is like '-1'",
                "Person.Code public.people.code insert+update 23505 when two rows have the same code",
                "Person.Email public.people.email insert+update 23505 when two rows have the same email",
                "Person.Level public.people.level insert 23502 when the column is left to its default",
                "Person.Title public.people.title insert+update 22001 when the value is like 'xxxxxxxxxxxxxxxxxxx… (200 characters)",
            ],
            Breaks<Narrower>()
        );
        Assert.Equal(
            ["public.people.city", "public.people.level"],
            Findings<Narrower>().Where(f => f.Severity == Severity.Danger).Select(f => f.Object).Order()
        );
    }

    [Fact]
    public void A_changed_type_and_a_renamed_label_cannot_be_read() =>
        Assert.Equal(
            ["Person.Code public.people.code read ", "Person.Mood public.people.mood read+update+insert "],
            Breaks<OtherTypes>()
        );

    [Fact]
    public void It_acts_as_the_applications_role()
    {
        var comparison = Traced<Revoked>().PreviousRelease!;
        Assert.Equal("trace_tests_app", comparison.Role);
        Assert.Equal(["Person, Address public.people. update 42501"], Breaks<Revoked>());
        // What the role may not do before is not held against the migration.
        Assert.DoesNotContain(comparison.Breaks, b => b.Table == "public.animals");
    }

    [Fact]
    public void A_dropped_table() =>
        Assert.Equal(["Animal, Dog public.animals. read+insert+update+delete 42P01"], Breaks<TableGone>());
}
