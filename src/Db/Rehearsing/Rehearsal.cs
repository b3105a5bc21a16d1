using System.Diagnostics;
using Data.Migrations;
using Db.Backups;
using Db.Bundles;
using Db.Policies;
using MigrationSafety.Connections;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Rehearsing;

/// <summary>What is rehearsed, and on what.</summary>
internal sealed record RehearsalOptions
{
    /// <summary>The bundle that will be released.</summary>
    public required string Bundle { get; init; }

    /// <summary>The backup that is restored.</summary>
    public required Backup Backup { get; init; }

    /// <summary>Arguments for the rails, as they will stand after <c>--</c> in the release.</summary>
    public IReadOnlyList<string> RailsArguments { get; init; } = [];

    /// <summary>Go back and forward again as well.</summary>
    public bool Rollback { get; init; } = true;

    /// <summary>Run the previous release's model against the new schema as well.</summary>
    public bool PreviousRelease { get; init; } = true;

    /// <summary>How the scratch server is made.</summary>
    public ScratchOptions Scratch { get; init; } = new() { Durable = true };

    /// <summary>The schema that the migrated database must have.</summary>
    public SchemaSnapshot Expected { get; init; } = ExpectedSchema.Read();

    /// <summary>What of a database is held against it.</summary>
    public SchemaSnapshotOptions ExpectedScope { get; init; } = ExpectedSchema.Scope;
}

/// <summary>Runs a bundle on a restored copy of production's backup: everything that a release does, where it harms nobody.</summary>
internal sealed class Rehearsal(RehearsalOptions options, IProgress<string>? progress)
{
    private const string NoMigration = "0";

    /// <summary>Rehearses. The scratch server is gone afterwards, whatever happened.</summary>
    /// <exception cref="CouldNotRunException">It could not be begun: that says nothing about the bundle.</exception>
    public async Task<RehearsalResult> RunAsync(CancellationToken ct)
    {
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var bundle = await BundleFile.OpenAsync(options.Bundle, ct);
        var manifest = options.Backup.Manifest;
        await options.Backup.CheckAsync(ct);
        ScratchDatabase scratch;
        try
        {
            scratch = await ScratchDatabase.RestoreAsync(options.Backup, options.Scratch, progress, ct);
        }
        catch (ArchiveException e)
        {
            throw new CouldNotRunException(
                $"{options.Backup.Directory} cannot be restored: {e.Message}{Environment.NewLine}"
                    + "Nothing was rehearsed, and this backup is none to count on. To do: take a new one, and verify it: "
                    + $"{Backup.Around(options.Backup.Directory).ToMake} && {Backup.Around(options.Backup.Directory).ToVerify}"
            );
        }

        await using (scratch)
        {
            var contents = await RestoredContents.CompareAsync(
                options.Backup,
                scratch.ConnectionString,
                options.Scratch.Jobs,
                ct
            );
            var result = new RehearsalResult
            {
                Passed = false,
                At = started,
                Bundle = options.Bundle,
                BundleSha256 = bundle.Digest,
                Backup = options.Backup.Name,
                BackupDigest = manifest.Digest,
                BackupTaken = manifest.Started,
                Database = $"{manifest.Database} at {manifest.Server}",
                ServerVersion = manifest.ServerVersion,
                ScratchServer = scratch.Server,
                RestoreSeconds = scratch.RestoreTime.TotalSeconds,
                Notes =
                [
                    .. scratch.Notes,
                    .. contents.Rows.Select(row => $"The restored copy differs from the backup: {row}"),
                ],
            };
            var role = await RoleAsync(scratch, manifest, ct);
            var settings = await scratch.ConnectionAsAsync(role, ct);
            await ExecuteAsync(scratch, "ANALYZE", ct);
            result = await ReleaseAsync(
                result with
                {
                    RunAs = role,
                },
                database =>
                    bundle.ForScratch(
                        PostgresConnectionString.From(
                            new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = database }
                        )
                    ),
                scratch,
                settings.Database!,
                ct
            );
            if (!await bundle.IsUnchangedAsync(ct))
            {
                result = result with
                {
                    Failures = [.. result.Failures, $"{options.Bundle} was replaced while it was rehearsed."],
                };
            }

            return result with
            {
                Passed = result.Failures.Count == 0,
                Seconds = clock.Elapsed.TotalSeconds,
            };
        }
    }

    private async Task<RehearsalResult> ReleaseAsync(
        RehearsalResult result,
        Func<string, BundleProcess> bundleFor,
        ScratchDatabase scratch,
        string copy,
        CancellationToken ct
    )
    {
        var bundle = bundleFor(copy);
        var plan = await bundle.PlanAsync(options.RailsArguments, ct);
        result = result with { PlanDigest = plan.Digest, PlanRefused = plan.Refused };
        if (plan.Refused is { } refused)
        {
            return result with { Failures = [$"The bundle refuses to run: {refused}"] };
        }

        progress?.Report(
            plan.Migrations.Count == 0
                ? "Nothing is pending on this copy."
                : $"Running {options.Bundle}: {string.Join(", ", plan.Migrations.Select(migration => migration.Id))}."
        );
        result = result with { Removed = await RemovedCount.ReadAsync(scratch.ConnectionString, plan.Removed, ct) };
        var before = await DatabaseSizes.ReadAsync(scratch.ConnectionString, ct);
        var (alone, problem) = await MigrationsAlone.RunAsync(
            scratch,
            options.Backup.Manifest,
            bundleFor,
            before.Migrations.LastOrDefault(),
            options.ExpectedScope,
            ct
        );
        result = result with
        {
            SchemaBefore = alone?.Before?.ToText(),
            Notes = problem is null
                ? result.Notes
                :
                [
                    .. result.Notes,
                    $"What the migrations make of an empty database is not known, and so not what was done by hand: {problem}",
                ],
        };
        var (run, migrations) = await RunAsync(bundle, scratch, before, plan.Digest, ct);
        var after = await DatabaseSizes.ReadAsync(scratch.ConnectionString, ct);
        result = result with
        {
            Migrations = migrations,
            ReleaseSeconds = run.Took.TotalSeconds,
            Tables = before.ChangesTo(after),
            BytesBefore = before.Bytes,
            BytesAfter = after.Bytes,
            LogBytes = after.Log - before.Log,
        };
        if (run.ExitCode != 0)
        {
            return result with { Failures = [$"The bundle failed with exit code {run.ExitCode}: {run.Failure}"] };
        }

        result = await VerifiedAsync(result, scratch, alone, "After the bundle", ct);
        result = await WithPoliciesAsync(result, scratch, ct);
        if (options.PreviousRelease && plan.Migrations.Count > 0 && before.Migrations is [.., var newest])
        {
            var previous = await new PreviousReleaseTrial(
                scratch,
                bundleFor,
                options.RailsArguments,
                progress
            ).RunAsync(newest, [.. plan.Migrations.Select(migration => migration.Id)], ct);
            result = result with { PreviousRelease = previous, Failures = [.. result.Failures, .. previous.Failures] };
        }

        return options.Rollback && plan.Migrations.Count > 0
            ? await RolledBackAsync(result, bundle, scratch, before, alone, ct)
            : result;
    }

    private async Task<(BundleRun Run, IReadOnlyList<RehearsedMigration> Migrations)> RunAsync(
        BundleProcess bundle,
        ScratchDatabase scratch,
        DatabaseSizes before,
        string plan,
        CancellationToken ct
    )
    {
        await using var locks = await LockSampler.StartAsync(
            scratch.ConnectionString,
            before.Tables.Keys.ToHashSet(),
            ct
        );
        var begun = new List<(string Id, TimeSpan At)>();
        var run = await bundle.RunAsync(
            ["--", "--expect-plan", plan, .. options.RailsArguments],
            line =>
            {
                if (BundleProcess.Beginning(line.Text) is { } id)
                {
                    begun.Add((id, line.At));
                    locks.Begin(id);
                    progress?.Report(line.Text);
                }
            },
            ct
        );
        locks.Begin(null);
        // The last one ends with the bundle's next word, which is its "Done.".
        var ends = run.Lines.Where(line => begun.Count > 0 && line.At > begun[^1].At).Select(line => line.At);
        var end = ends.Append(run.Took).First();
        return (
            run,
            [
                .. begun.Select(
                    (migration, index) =>
                        new RehearsedMigration(
                            migration.Id,
                            ((index + 1 < begun.Count ? begun[index + 1].At : end) - migration.At).TotalSeconds,
                            locks.Of(migration.Id)
                        )
                ),
            ]
        );
    }

    private async Task<RehearsalResult> VerifiedAsync(
        RehearsalResult result,
        ScratchDatabase scratch,
        MigrationsAlone? alone,
        string when,
        CancellationToken ct
    )
    {
        var found = await SchemaSnapshot.ReadAsync(scratch.ConnectionString, options.ExpectedScope, ct);
        var differences = options.Expected.Compare(found);
        return differences.Count == 0
            ? result
            : result with
            {
                SchemaDifferences = differences,
                Failures =
                [
                    .. result.Failures,
                    $"{when} the schema is not the one that this build expects: {Counted(differences.Count)}, the first: {differences[0]}. "
                        + Why(differences, alone),
                ],
            };
    }

    // What an empty database has as well, the migrations make: nobody's hand.
    private string Why(IReadOnlyList<SchemaDifference> differences, MigrationsAlone? alone)
    {
        const string stale =
            "`db snapshot` was not run after the migration was added (run it, commit what it writes, and build bundle and tool again: db ship), "
            + "or the bundle is of another build than this tool";
        const string byHand =
            "was done by hand in production before the backup: undo it there, or put it into a migration.";
        if (alone is null)
        {
            return $"Either {stale}; or what differs {byHand}";
        }

        var made = options.Expected.Compare(alone.After).ToHashSet();
        return differences.Count(made.Contains) switch
        {
            0 => $"What differs {byHand}",
            var count when count == differences.Count => $"The migrations make it so: {stale}.",
            var count => $"The migrations make {count} of them so: {stale}. What else differs {byHand}",
        };
    }

    // What the release proves on the live database after its migrations comes out here before them.
    private async Task<RehearsalResult> WithPoliciesAsync(
        RehearsalResult result,
        ScratchDatabase scratch,
        CancellationToken ct
    )
    {
        progress?.Report("Trying every persona on every table of the new schema.");
        await using var connection = new NpgsqlConnection(scratch.ConnectionString);
        await connection.OpenAsync(ct);
        var found = await new PolicyProof(connection).RunAsync(progress: null, ct);
        result = result with
        {
            PoliciesNotTried = [.. found.Untried.Select(untried => $"{untried.What}: {untried.Why}")],
        };
        if (found.Wrong is not [var first, ..] wrong)
        {
            return result;
        }

        return result with
        {
            Failures =
            [
                .. result.Failures,
                $"After the bundle {wrong.Count} of {found.Tried} cells of the persona table are wrong, the first: "
                    + $"{PolicyWords.Cell(first).TrimEnd('.')}. "
                    + $"Correct the policy or the grant in the migration; {PolicyWords.MeantToBeSo}",
            ],
        };
    }

    private async Task<RehearsalResult> RolledBackAsync(
        RehearsalResult result,
        BundleProcess bundle,
        ScratchDatabase scratch,
        DatabaseSizes before,
        MigrationsAlone? alone,
        CancellationToken ct
    )
    {
        var target = before.Migrations.Count > 0 ? before.Migrations[^1] : NoMigration;
        progress?.Report($"Going back to {(target == NoMigration ? "before the first migration" : target)}.");
        var back = await bundle.RunAsync([target], null, ct);
        IReadOnlyList<string> losses = [];
        if (back.ExitCode != 0 && BundleRefusal.Losses(back.Said) is { Count: > 0 } counted)
        {
            losses = counted;
            back = await bundle.RunAsync([target, "--", "--allow-data-loss"], null, ct);
        }

        if (back.ExitCode != 0)
        {
            return Failed(
                new RehearsedRollback(
                    target,
                    false,
                    losses.Count > 0,
                    losses,
                    back.Took.TotalSeconds,
                    0,
                    [],
                    $"Going back to {target} failed: {back.Failure}"
                )
            );
        }

        var was = await options.Backup.SchemaAsync(ct);
        var differences = was.Compare(
            await SchemaSnapshot.ReadAsync(scratch.ConnectionString, options.Backup.Scope, ct)
        );
        progress?.Report("Going forward again.");
        var forward = await bundle.RunAsync(["--", .. options.RailsArguments], null, ct);
        var rollback = new RehearsedRollback(
            target,
            forward.ExitCode == 0 && differences.Count == 0,
            losses.Count > 0,
            losses,
            back.Took.TotalSeconds,
            forward.Took.TotalSeconds,
            differences,
            forward.ExitCode != 0 ? $"Going forward again after that failed: {forward.Failure}"
                : differences.Count > 0
                    ? $"After going back to {target} the schema is not the one before the release: {Counted(differences.Count)}, the first: {differences[0]}."
                : null
        );
        return rollback.Failure is not null
            ? Failed(rollback)
            : await VerifiedAsync(
                result with
                {
                    Rollback = rollback,
                },
                scratch,
                alone,
                "After going back and forward again",
                ct
            );

        RehearsalResult Failed(RehearsedRollback rollback) =>
            result with
            {
                Rollback = rollback,
                Failures = [.. result.Failures, rollback.Failure!],
            };
    }

    // As in production: what its role may not do, must fail here as well.
    private static async Task<string> RoleAsync(ScratchDatabase scratch, BackupManifest manifest, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(scratch.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)",
            connection
        )
        {
            Parameters = { new() { Value = manifest.TakenBy } },
        };
        return (bool)(await command.ExecuteScalarAsync(ct))! ? manifest.TakenBy : manifest.Properties.Owner;
    }

    private static async Task ExecuteAsync(ScratchDatabase scratch, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(scratch.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Counted(int differences) => differences == 1 ? "1 difference" : $"{differences} differences";
}
