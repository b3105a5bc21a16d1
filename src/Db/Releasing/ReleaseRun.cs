using System.Globalization;
using Db.Backups;
using Db.Bundles;
using Db.Commands;
using Db.Databases;
using Db.Releasing.Reports;
using Db.Releasing.Steps;

namespace Db.Releasing;

/// <summary>A release from its first check to its report. Its record is written after each step, so that it can be resumed.</summary>
internal sealed class ReleaseRun
{
    private const string KeptFromBefore = "done before the interruption, and kept";

    private readonly ReleaseContext _context;
    private readonly Action<ReleaseEvent> _show;
    private readonly IReadOnlyList<IReleaseStep> _steps;
    private readonly Lock _events = new();
    private string _step = "start";
    private IDisposable? _held;
    private bool _goesOn;
    private string? _notKept;

    private ReleaseRun(
        ReleaseRecord record,
        RecordFolder? folder,
        ReleaseOptions options,
        NamedDatabase database,
        BundleProcess bundle,
        BundlePlan? plan,
        Action<ReleaseEvent> show
    )
    {
        _show = show;
        _steps = ReleaseSteps.All;
        _context = new ReleaseContext(database, bundle, plan, options, record, folder, Say);
    }

    private ReleaseRecord Record => _context.Record;

    private RecordFolder Folder => _context.Folder!;

    /// <summary>
    /// Begins a release. One that has no end is in its way, unless <paramref name="abandon"/> gives that up. With <paramref name="dry"/> nothing
    /// is written and no step is taken.
    /// </summary>
    /// <exception cref="RefusedException">An earlier release of this database has no end.</exception>
    public static async Task<ReleaseRun> BeginAsync(
        ReleaseOptions options,
        NamedDatabase database,
        BundleProcess bundle,
        bool abandon,
        bool dry,
        Action<ReleaseEvent> show,
        CancellationToken ct
    )
    {
        var where = database.Connection.ToString();
        var newest = RecordFolder.FindNewest(options.Releases, where);
        var unfinished = newest?.Record is { Outcome: null or ReleaseOutcome.Interrupted } without ? without : null;
        using var held = unfinished is null ? null : Hold(newest!.Value.Folder, unfinished);
        if (unfinished is not null && !abandon)
        {
            throw new RefusedException(
                $"""
                Release {unfinished.Id} of {where} has no end: it was interrupted, or the tool was killed, during "{unfinished.Steps.LastOrDefault()?.Id
                    ?? "start"}".
                Its record: {newest!.Value.Folder.RecordFile}

                To go on with it:  {Again(unfinished.Typed, unfinished.Bundle, "--resume")}
                To give it up:     {Again(options.Typed, bundle.Path, "--abandon")}
                Given up, it stays in the records, and a new one begins.
                """
            );
        }

        var now = DateTimeOffset.UtcNow;
        var record = new ReleaseRecord
        {
            Id = $"{now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{bundle.Digest[..8]}",
            Database = where,
            Bundle = bundle.Path,
            BundleDigest = bundle.Digest,
            Started = now,
            RunBy = WhoRuns(),
            Typed = options.Typed,
        };
        var earlier =
            newest?.Record is { } its && (unfinished is not null || its.Outcome == ReleaseOutcome.Refused) ? its : null;
        var plan = await ReadStartAsync(record, earlier, database, bundle, options, ct);
        var folder = dry ? null : RecordFolder.Create(options.Releases, record.Id);
        var run = new ReleaseRun(record, folder, options, database, bundle, plan, show)
        {
            GivenUp = unfinished?.Id,
            _held = folder is null ? null : Hold(folder, record),
        };
        if (folder is null)
        {
            return run;
        }

        if (record.GivenUp is not null)
        {
            SchemaBefore.TakeOver(newest!.Value.Folder, folder);
        }

        folder.Write(record);
        // Last: whatever ends this before, the way back is in a record without an end.
        if (unfinished is not null)
        {
            (unfinished.Outcome, unfinished.Finished) = (ReleaseOutcome.Abandoned, DateTimeOffset.UtcNow);
            newest!.Value.Folder.Write(unfinished);
        }

        if (run.WhatWasGivenUp is { } said)
        {
            run.Say(ReleaseEventKind.Information, said);
        }

        return run;
    }

    /// <summary>Takes up the unfinished release of a database.</summary>
    /// <exception cref="RefusedException">There is none, or it was begun with another bundle.</exception>
    public static ReleaseRun Resume(
        ReleaseOptions options,
        NamedDatabase database,
        BundleProcess bundle,
        Action<ReleaseEvent> show
    )
    {
        var where = database.Connection.ToString();
        var (folder, record) = RecordFolder.FindNewest(options.Releases, where)
            is (_, { Outcome: null or ReleaseOutcome.Interrupted or ReleaseOutcome.Failed }) found
            ? found
            : throw new RefusedException(
                $"No release of {where} in {options.Releases} is without its end: begin one without --resume."
            );
        if (record.BundleDigest != bundle.Digest)
        {
            throw new RefusedException(
                $"Release {record.Id} was begun with another bundle (SHA-256 {record.BundleDigest}); {bundle.Path} is {bundle.Digest}. "
                    + "Resume it with that file, or give it up: --abandon"
            );
        }

        var held = Hold(folder, record);
        foreach (var step in record.Steps.Where(step => step.Result is null))
        {
            step.Result = new StepResult(StepOutcome.Interrupted, "the tool ended during this step", []);
        }

        (record.Outcome, record.Finished) = (null, null);
        // What was typed this time is what somebody means to go on with.
        record.Typed = options.Typed;
        (record.State, record.ToGoOn, record.ToGoBack, record.AboutGoingBack) = ([], null, null, []);
        (record.ToRestoreBeside, record.Applied, record.HalfDone) = (null, null, false);
        return new ReleaseRun(record, folder, options, database, bundle, plan: null, show) { _held = held };
    }

    // Two processes on one release would write over each other's record, and each would take the other's bundle for a dead one.
    private static IDisposable Hold(RecordFolder folder, ReleaseRecord record) =>
        folder.TryHold()
        ?? throw new RefusedException(
            $"""
            Release {record.Id} of {record.Database} is running, in another process: step "{folder.Read().Steps.LastOrDefault()?.Id
                ?? "start"}".
            Its record: {folder.RecordFile}
            This one changed nothing. Wait for the other one's end.
            """
        );

    /// <summary>What would happen, a line a step. Of one that is resumed, what is pending is asked for first.</summary>
    public async Task<IReadOnlyList<(IReleaseStep Step, string Intention)>> IntentionsAsync(CancellationToken ct)
    {
        using var held = _held;
        _goesOn = await GoesOnAsync();
        if (_context.Plan is null)
        {
            Take(Record, await PlanAsync(_context.Bundle, _context.Options, ct));
        }

        return
        [
            .. _steps.Select(step =>
                (
                    step,
                    WasPassedBefore(step) ? KeptFromBefore
                    : _context.Options.Without.TryGetValue(step.Id, out var reason) ? $"left out: {reason}"
                    : step.Intention(_context)
                )
            ),
        ];
    }

    /// <summary>The release without an end that is given up for this one; null where there was none.</summary>
    public string? GivenUp { get; private init; }

    /// <summary>What of it is applied, and the way back from that; null where nothing is.</summary>
    public string? WhatWasGivenUp =>
        Record.GivenUp is { } it
            ? $"Release {it.Id}, which was given up, had applied {it.Counted}. To go back to before it: {Back()}; {it.BackupText}"
            : null;

    /// <summary>Why the record and the report are not all there; null where they are.</summary>
    public string? NotKept => _notKept;

    /// <summary>The context, for a dry run of the checks that change nothing.</summary>
    public ReleaseContext Context => _context;

    /// <summary>Takes every step, and writes the report whatever happens.</summary>
    /// <returns>The record, with its outcome.</returns>
    public async Task<(ReleaseRecord Record, RecordFolder Folder)> RunAsync(CancellationToken ct)
    {
        using var held = _held;
        await using (var probe = LatencyProbe.Start(_context.Database.Connection))
        {
            var earlier = Record.Probe.ToList();
            _goesOn = await GoesOnAsync();
            Record.Outcome = await StepsAsync(ct);
            Record.Probe.Clear();
            Record.Probe.AddRange([.. earlier, .. probe.Seconds]);
        }

        await EndAsync();
        // Before the team is told: a chat that hangs must not keep the report back.
        Keep();
        Keep(() => ReleaseReports.Write(Folder, Record));
        if (await NoticeStep.EndAsync(_context, CancellationToken.None) is { } told)
        {
            Say(ReleaseEventKind.Information, $"Tell the team: {told.Summary}");
            Keep();
            Keep(() => ReleaseReports.Write(Folder, Record));
        }

        Keep(() => ReleaseReports.Summarize(Record));
        return (Record, Folder);
    }

    private void Keep() =>
        Keep(() =>
        {
            lock (_events)
            {
                Folder.Write(Record);
                _notKept = null;
            }
        });

    // A disk that is full, or a folder that is gone, must not end a release between its migrations and their verification.
    private void Keep(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_notKept is null)
            {
                _notKept = e.Message;
                Say(ReleaseEventKind.Error, $"The record and the report cannot be written: {e.Message}");
            }
        }
    }

    private async Task<ReleaseOutcome> StepsAsync(CancellationToken ct)
    {
        var failedIn = (StepPhase?)null;
        foreach (var step in _steps)
        {
            if (failedIn is { } phase && (phase != StepPhase.After || step.Phase != StepPhase.After))
            {
                break;
            }

            if (WasPassedBefore(step))
            {
                Say(ReleaseEventKind.Information, $"{step.Title}: {KeptFromBefore}");
                continue;
            }

            var result = await TakeAsync(step, ct);
            if (result.Outcome == StepOutcome.Interrupted)
            {
                return HasMigrated() ? ReleaseOutcome.Interrupted : ReleaseOutcome.Refused;
            }

            failedIn ??= result.Outcome == StepOutcome.Failed ? step.Phase : null;
        }

        return failedIn switch
        {
            null => ReleaseOutcome.Released,
            StepPhase.Before => ReleaseOutcome.Refused,
            _ => await RollBackAsync(ct) ? ReleaseOutcome.RolledBack : ReleaseOutcome.Failed,
        };
    }

    private async Task<StepResult> TakeAsync(IReleaseStep step, CancellationToken ct)
    {
        var record = new StepRecord
        {
            Id = step.Id,
            Title = step.Title,
            Started = DateTimeOffset.UtcNow,
        };
        lock (_events)
        {
            _step = step.Id;
            Record.Steps.Add(record);
        }

        Keep();
        Say(ReleaseEventKind.Information, step.Title);
        StepResult result;
        if (_context.Options.Without.TryGetValue(step.Id, out var reason))
        {
            result = StepResult.Skipped($"left out: {reason}");
        }
        else if (step.Id == "migrate" && _notKept is not null)
        {
            // Killed from here on, it could not be resumed, and nobody would know what it did.
            result = StepResult.Failed(
                $"It was not begun: the record of the release cannot be written. {_notKept}",
                $"make room in {Folder.Directory}, or give it back to you; then release again."
            );
        }
        else
        {
            try
            {
                result = await step.RunAsync(_context, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                result = new StepResult(StepOutcome.Interrupted, "ended by Ctrl-C, SIGTERM or a lost terminal", []);
            }
            catch (Exception e)
            {
                // Whatever it was, the release ends in order, with a report that says it.
                result = StepResult.Failed(CommandLine.Explain(e).Message, "correct what it names, then go on.");
            }
        }

        lock (_events)
        {
            (record.Result, record.Finished) = (result, DateTimeOffset.UtcNow);
        }

        Keep();

        Say(
            result.Outcome == StepOutcome.Failed ? ReleaseEventKind.Error : ReleaseEventKind.Information,
            $"{step.Title}: {result.Outcome.ToString().ToLowerInvariant()}: {FirstLine(result.Summary)}"
        );
        return result;
    }

    // A backup of the moment before stays good; what looks at the database is looked at again.
    private bool WasPassedBefore(IReleaseStep step) =>
        step.Phase == StepPhase.Before
        && _goesOn
        && Record.Steps.Any(taken =>
            taken.Id == step.Id && taken.Result?.Outcome is StepOutcome.Passed or StepOutcome.Warned
        );

    // Where nothing came of it, the backup and the checks may be hours old: they are made again.
    private async Task<bool> GoesOnAsync() => HasMigrated() && await HasAppliedAsync() != false;

    private bool HasMigrated() => Record.Steps.Any(step => step.Id == "migrate");

    // Null where the database cannot be asked.
    private async Task<bool?> HasAppliedAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await using var connection = await _context.Database.OpenAsync(limit.Token);
            return HasApplied(await DatabaseState.ReadAsync(connection, limit.Token));
        }
        catch (Exception)
        {
            return null;
        }
    }

    private bool HasApplied(DatabaseState state) =>
        Record.Pending.Any(state.Applied.Contains) || state.Unfinished.Count > 0;

    private async Task<bool> RollBackAsync(CancellationToken ct)
    {
        if (!_context.Options.RollbackOnFailure)
        {
            return false;
        }

        if (await HasAppliedAsync() == false)
        {
            Say(ReleaseEventKind.Information, "Nothing was applied, so there is nothing to roll back");
            return false;
        }

        var step = new RollBackStep();
        return (await TakeAsync(step, ct)).Outcome is StepOutcome.Passed or StepOutcome.Warned;
    }

    private async Task EndAsync()
    {
        Record.Finished = DateTimeOffset.UtcNow;
        _step = "end";
        var after = _steps.Where(step => step.Phase == StepPhase.After).Select(step => step.Id).ToList();
        // Who is to look at what came of it may want to go back.
        if (
            Record.Outcome == ReleaseOutcome.Released
            && !Record.LastSteps.Any(step => step.Result?.Outcome == StepOutcome.Warned && after.Contains(step.Id))
        )
        {
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await using var connection = await _context.Database.OpenAsync(limit.Token);
            var state = await DatabaseState.ReadAsync(connection, limit.Token);
            Record.State =
            [
                .. state.Describe(Record.Pending),
                .. Record.GivenUp is { } it
                    ? [$"Applied before by release {it.Id}, which was given up: {it.Counted}."]
                    : Array.Empty<string>(),
            ];
            Record.Applied = [.. Record.Pending.Where(state.Applied.Contains)];
            Record.HalfDone = state.Unfinished.Count > 0;
            var hasApplied = HasMigrated() && HasApplied(state);
            var canGoBack = hasApplied || Record.GivenUp?.Applied.Any(state.Applied.Contains) == true;
            // What was reviewed and backed up is the release as a whole: its rest is not reviewed and backed up again.
            Record.ToGoOn =
                Record.Outcome is ReleaseOutcome.RolledBack or ReleaseOutcome.Released ? null
                : Record.Outcome == ReleaseOutcome.Interrupted || hasApplied ? Again("--resume")
                : Again();
            Record.ToGoBack = canGoBack ? Back() : null;
            Record.AboutGoingBack = canGoBack ? await AboutGoingBackAsync(state, limit.Token) : [];
            // Where something is gone for good, that is said with the same command.
            Record.ToRestoreBeside =
                hasApplied && RemovedData.NotBroughtBack(Record, state, _context.Database.Connection) is null
                    ? RestoreBeside()
                    : null;
        }
        catch (Exception e)
        {
            Record.State = [$"The database could not be asked: {CommandLine.Explain(e).Message}"];
            Record.ToGoOn =
                Record.Outcome == ReleaseOutcome.Released ? null
                : HasMigrated() ? Again("--resume")
                : Again();
            Record.ToGoBack ??= HasMigrated() || Record.GivenUp is not null ? Back() : null;
            Record.ToRestoreBeside = HasMigrated() ? RestoreBeside() : null;
        }
    }

    // As it was typed: with the reviewer, the folders and whatever else it took.
    private string Again(string? how = null) => Again(Record.Typed, Record.Bundle, how);

    private static string Again(IReadOnlyList<string> typed, string bundle, string? how)
    {
        const string command = "release";
        var words = typed.Where(word => word is not ("--resume" or "--abandon" or "--dry-run")).ToList();
        if (!words.Contains(command))
        {
            words = [command, "--bundle", bundle];
        }

        if (how is not null)
        {
            words.Insert(words.IndexOf(command) + 1, how);
        }

        return ToolCommand.Of(words);
    }

    private string Back() => $"{ToolCommand.Naming(_context.Database.Connection)}{_context.Bundle.Command} {Target}";

    private string Target => Record.Before ?? "0";

    private async Task<List<string>> AboutGoingBackAsync(DatabaseState state, CancellationToken ct)
    {
        var about = new[]
        {
            // Another run would keep this one waiting.
            state.Running.Count == 0
                ? await WhyBackIsRefusedAsync(ct)
                : null,
            Record.GivenUp is { } it
                ? $"It leads to before release {it.Id}, which was given up, and takes back what that one had applied too; {it.BackupText}."
                : null,
            RemovedData.NotBroughtBack(Record, state, _context.Database.Connection),
        };
        return [.. about.OfType<string>()];
    }

    // Null where it would run, and where that cannot be told: it is asked again when it is run.
    private async Task<string?> WhyBackIsRefusedAsync(CancellationToken ct)
    {
        try
        {
            // It is given the owner's connection: only the file that was checked may have that.
            if (
                !await _context.Bundle.IsUnchangedAsync(ct)
                || (await _context.Bundle.PlanAsync([], ct, Target)).Refused is not { } refused
            )
            {
                return null;
            }

            return BundleRefusal.Losses(refused) is { Count: > 0 } losses
                ? $"It is refused unless -- --allow-data-loss stands behind it, because it deletes: {string.Join("; ", losses)}. "
                    + $"To have a copy of that first: {BackupStore.Of(_context.Options.Backups).ToMake}"
                : $"As it stands, it is refused: {FirstLine(refused)}";
        }
        catch (Exception e) when (e is CouldNotRunException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    // Going back by the migrations does not give deleted rows back: whoever needs some reads them from there.
    private string? RestoreBeside() =>
        ReportWords.Backup(Record) is { } backup
            ? ToolCommand.Of([
                "restore",
                "--from",
                Path.GetFullPath(backup),
                "--to",
                ToolCommand.Beside(_context.Database.Connection, "_before"),
                "--create-database",
            ])
            : null;

    private static async Task<BundlePlan> ReadStartAsync(
        ReleaseRecord record,
        ReleaseRecord? earlier,
        NamedDatabase database,
        BundleProcess bundle,
        ReleaseOptions options,
        CancellationToken ct
    )
    {
        await using (var connection = await database.OpenAsync(ct))
        {
            record.ServerVersion = connection.PostgreSqlVersion.ToString();
            var state = await DatabaseState.ReadAsync(connection, ct);
            record.GivenUp = earlier is null ? null : GivenUpRelease.Of(earlier, state);
            record.Before = record.GivenUp is { } givenUp ? givenUp.Before : state.Applied.LastOrDefault();
        }

        var plan = await PlanAsync(bundle, options, ct);
        Take(record, plan);
        if (record.GivenUp is not null)
        {
            record.Removed.InsertRange(
                0,
                earlier!.Removed.Select(removed => removed with { Backup = removed.Backup ?? earlier.Backup })
            );
        }

        return plan;
    }

    private static async Task<BundlePlan> PlanAsync(BundleProcess bundle, ReleaseOptions options, CancellationToken ct)
    {
        var plan = await bundle.PlanAsync(options.RailsArguments, ct);
        return plan.Refused is { } refused ? throw new RefusedException(refused) : plan;
    }

    private static void Take(ReleaseRecord record, BundlePlan plan)
    {
        record.Plan = plan.Digest;
        record.Pending = [.. plan.Migrations.Select(migration => migration.Id)];
        record.Removed = [.. plan.Removed.Select(hazard => new RemovedData(hazard.Migration, hazard.ToString()))];
    }

    private void Say(ReleaseEventKind kind, string text)
    {
        ReleaseEvent said;
        lock (_events)
        {
            said = new ReleaseEvent(DateTimeOffset.UtcNow, _step, kind, text);
            Record.Events.Add(said);
        }

        _show(said);
    }

    private static string? WhoRuns() =>
        Environment.GetEnvironmentVariable("GITHUB_ACTOR") is { Length: > 0 } actor ? actor : Environment.UserName;

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
