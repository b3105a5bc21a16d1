using System.Security.Cryptography;
using Data.Migrations;
using Db.Rehearsing;
using Db.Tests.Backups;
using Db.Tracing.Findings;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Schema;
using Xunit;

namespace Db.Tests.Rehearsing;

public sealed class RehearsalTests(PostgresServer postgres, BuiltBundle bundle) : IDisposable
{
    private readonly BackupFolder _folder = new();

    private string Result => Path.Combine(_folder.Directory, "rehearsal.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_pending_bundle_is_run_on_a_copy_verified_and_gone_back_from()
    {
        // Of the two that are pending, the first makes a table.
        await using var production = await BeforeTheLastMigrationAsync(pending: 2);
        var backup = await _folder.TakeAsync(production);
        var path = await bundle.PathAsync();

        // Production is named, and must not be touched.
        var run = await _folder
            .Tool.With("MIGRATE_DATABASE_URL", production.ConnectionUri)
            .With("DATABASE_URL", production.ConnectionUri)
            .RunAsync("rehearse", "--bundle", path, "--out", Result);

        Assert.True(run.ExitCode == 0, run.StandardOutput + run.StandardError);
        var result = RehearsalResult.Read(Result)!;
        Assert.True(result.Passed);
        Assert.Empty(result.Failures);
        var sha256 = Convert.ToHexStringLower(
            SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))
        );
        Assert.True(result.Proves(sha256));
        Assert.False(result.Proves(new string('0', 64)));
        Assert.Matches("^[0-9a-f]{16}$", result.PlanDigest);
        Assert.Equal(backup.Manifest.Digest, result.BackupDigest);
        Assert.Equal(Migrations()[^2..], result.Migrations.Select(migration => migration.Id));
        Assert.True(result.Migrations[0].Seconds > 0);
        Assert.NotEmpty(result.Tables);
        Assert.Equal((Migrations()[^3], true), (result.Rollback!.Target, result.Rollback.Possible));
        Assert.False(result.Rollback.LosesData);
        Assert.Null(result.PreviousRelease!.Problem);
        Assert.Equal(Migrations()[^3], result.PreviousRelease.Model);
        Assert.True(result.PreviousRelease.Tried > 40, $"only {result.PreviousRelease.Tried} statements were tried");
        Assert.Empty(result.PreviousRelease.Findings);
        Assert.Contains($"statements tried, all work.", run.StandardOutput, StringComparison.Ordinal);
        // What the preflight holds production against: nobody's database, but what these migrations make.
        var before = SchemaSnapshot.Parse(result.SchemaBefore!);
        Assert.Empty(
            before.Compare(
                await SchemaSnapshot.ReadAsync(
                    production.ConnectionString,
                    ExpectedSchema.Scope,
                    TestContext.Current.CancellationToken
                )
            )
        );
        Assert.Equal(Migrations()[..^2], await AppliedAsync(production));
        Assert.DoesNotContain("postgresql://", run.StandardOutput + run.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_done_by_hand_in_production_comes_out_before_the_release()
    {
        await using var production = await BeforeTheLastMigrationAsync();
        await PostgresServer.ExecuteAsync(
            production,
            """
            ALTER TABLE public.users ADD COLUMN by_hand int;
            CREATE POLICY opened_by_hand ON public.users FOR SELECT TO authenticated USING (true);
            """
        );
        await _folder.TakeAsync(production);

        var run = await _folder
            .Tool.With("MIGRATE_DATABASE_URL", production.ConnectionUri)
            .RunAsync("rehearse", "--bundle", await bundle.PathAsync(), "--out", Result, "--fast", "--no-rollback");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("by_hand", run.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            "member on users, select: expected own; found all",
            run.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "was done by hand in production before the backup: undo it there, or put it into a migration",
            run.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("db snapshot", run.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Do not release this bundle", run.StandardOutput, StringComparison.Ordinal);
        Assert.False(RehearsalResult.Read(Result)!.Passed);
    }

    [Fact]
    public async Task A_snapshot_that_was_not_renewed_is_named_as_what_differs()
    {
        await using var production = await BeforeTheLastMigrationAsync(pending: 2);
        var backup = await _folder.TakeAsync(production);
        // Stands for the snapshot of the build before: the last migration's work is not in it.
        var stale = await SchemaSnapshot.ReadAsync(
            production.ConnectionString,
            ExpectedSchema.Scope,
            TestContext.Current.CancellationToken
        );

        var result = await new Rehearsal(
            new RehearsalOptions
            {
                Bundle = await bundle.PathAsync(),
                Backup = backup,
                Expected = stale,
                Rollback = false,
                PreviousRelease = false,
                Scratch = new() { Durable = false },
            },
            progress: null
        ).RunAsync(TestContext.Current.CancellationToken);

        var failure = Assert.Single(result.Failures);
        Assert.Contains("`db snapshot` was not run after the migration was added", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("by hand", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_that_fails_fails_the_rehearsal()
    {
        await using var production = await postgres.MigratedDatabaseAsync();
        await _folder.TakeAsync(production);
        var failing = Path.Combine(_folder.Directory, "efbundle");
        Script.Write(
            failing,
            """
            case "$*" in
            *--plan*) echo '{ "digest": "0123456789abcdef", "applied": 5, "migrations": [ { "id": "1_Next", "direction": "Up" } ], "refused": null }' ;;
            *) echo "Applying migration '1_Next'."; echo "column does not exist" >&2; exit 1 ;;
            esac
            """
        );

        var run = await _folder.Tool.RunAsync("rehearse", "--bundle", failing, "--out", Result, "--fast");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The bundle failed with exit code 1: ", run.StandardOutput, StringComparison.Ordinal);
        Assert.Equal("0123456789abcdef", RehearsalResult.Read(Result)!.PlanDigest);
    }

    [Fact]
    public async Task A_migration_that_breaks_the_release_before_fails_the_rehearsal_with_the_statement()
    {
        await using var production = await postgres.MigratedDatabaseAsync();
        await _folder.TakeAsync(production);
        var breaking = Path.Combine(_folder.Directory, "efbundle");
        Script.Write(
            breaking,
            $$"""
            case "$*" in
            *--plan*) echo '{ "digest": "0123456789abcdef", "migrations": [ { "id": "1_Next", "direction": "Up" } ] }'; exit ;;
            esac
            set -e
            of() { printf '%s' "$MIGRATE_DATABASE_URL" | tr ';' '\n' | sed -n "s/^$1=//p"; }
            export PGHOST="$(of Host)" PGPORT="$(of Port)" PGUSER="$(of Username)" PGPASSWORD="$(of Password)" PGDATABASE="$(of Database)"
            echo "Applying migration '1_Next'."
            PATH="{{postgres.Server.BinDirectory}}:$PATH" psql -q -v ON_ERROR_STOP=1 -c "ALTER TABLE public.users ADD COLUMN tier text NOT NULL DEFAULT 'x'" \
                -c "ALTER TABLE public.users ALTER COLUMN tier DROP DEFAULT"
            """
        );

        var run = await _folder.Tool.RunAsync(
            "rehearse",
            "--bundle",
            breaking,
            "--out",
            Result,
            "--fast",
            "--no-rollback"
        );

        Assert.True(run.ExitCode == 1, run.StandardOutput + run.StandardError);
        var result = RehearsalResult.Read(Result)!;
        var finding = Assert.Single(result.PreviousRelease!.Findings);
        Assert.Equal(("public.users.tier", Severity.Danger), (finding.Object, finding.Severity));
        Assert.Contains(
            "public.users.tier: The release that runs now can no longer insert User",
            run.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "[AcceptHazard(\"breaks-previous-release\", \"why\", On = \"public.users.tier\")]",
            run.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_the_release_takes_away_is_counted_and_no_way_back_is_praised_for_it()
    {
        await using var production = await BeforeTheLastMigrationAsync();
        await PostgresServer.ExecuteAsync(production, "UPDATE users SET country = 'FI' WHERE id IN ('u1', 'u2', 'u3')");
        await _folder.TakeAsync(production);
        var hazards = string.Join(
            ", ",
            new[] { ("drop-column", "users.country"), ("drop-table", "public.session"), ("drop-schema", "old") }.Select(
                hazard =>
                    $$"""{ "migration": "1", "direction": "Up", "hazard": "{{hazard.Item1}}", "object": "{{hazard.Item2}}" }"""
            )
        );
        var removing = Path.Combine(_folder.Directory, "removing");
        var real = await bundle.PathAsync();
        Script.Write(
            removing,
            $$"""
            case "$*" in
            *--plan=json*) {{real}} "$@" | sed -e 's/"hazards": \[/"hazards": [ {{hazards}},/' -e 's/},\]/}]/' ;;
            *) exec {{real}} "$@" ;;
            esac
            """
        );

        var run = await _folder.Tool.RunAsync("rehearse", "--bundle", removing, "--out", Result, "--fast", "--no-n-1");

        Assert.True(run.ExitCode == 0, run.StandardOutput + run.StandardError);
        Assert.Equal(
            [
                "users.country (drop-column): 3 of 200 rows hold a value",
                "public.session (drop-table): 0 rows",
                "old (drop-schema)",
            ],
            RehearsalResult.Read(Result)!.Removed
        );
        Assert.Contains(
            "The release itself takes away what no way back brings back, only a backup:\n  users.country (drop-column): ",
            run.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Without_a_bundle_or_a_backup_it_says_how_to_make_one()
    {
        var noBundle = await _folder.Tool.RunAsync("rehearse");
        Assert.Equal(2, noBundle.ExitCode);
        Assert.Contains(" backup --to ", noBundle.StandardError, StringComparison.Ordinal);

        await using var production = await postgres.MigratedDatabaseAsync();
        await _folder.TakeAsync(production);
        var noBackup = await _folder.Tool.RunAsync("rehearse", "--bundle", "no/such/bundle");
        Assert.Equal(2, noBackup.ExitCode);
        Assert.Contains("dotnet ef migrations bundle", noBackup.StandardError, StringComparison.Ordinal);
        Assert.False(File.Exists(Result));
    }

    private async Task<TestDatabase> BeforeTheLastMigrationAsync(int pending = 1)
    {
        var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using var context = DesignTimeFactory.CreateFor(database.ConnectionString);
        await context
            .GetService<IMigrator>()
            .MigrateAsync(Migrations()[^(pending + 1)], TestContext.Current.CancellationToken);
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(1, 200));
        return database;
    }

    private static string[] Migrations()
    {
        using var context = DesignTimeFactory.CreateFor("Host=127.0.0.1");
        return [.. context.Database.GetMigrations()];
    }

    private static async Task<IEnumerable<string>> AppliedAsync(TestDatabase database)
    {
        await using var context = DesignTimeFactory.CreateFor(database.ConnectionString);
        return await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken);
    }
}
