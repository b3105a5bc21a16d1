using System.Diagnostics;
using System.Globalization;
using Data.Access;
using Db.Databases;
using MigrationSafety.Arguments;
using Npgsql;

namespace Db.CriticalQueries;

/// <summary>Runs critical queries, each as whom it is written for, in read-only transactions that are rolled back.</summary>
internal sealed class CriticalQueryRun(NpgsqlConnection connection)
{
    // Below this a sequential scan is what PostgreSQL rightly prefers; whether the index can be used is asked another way.
    private const long SmallTable = 8 * 1024 * 1024;

    private static readonly TimeSpan _withoutLimit = TimeSpan.FromSeconds(30);

    // The first run may read from the disk what the application has in memory.
    private const int Runs = 3;

    /// <summary>Runs them one after the other.</summary>
    /// <param name="queries">Which.</param>
    /// <param name="progress">Told which runs.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="CouldNotRunException">The session may not act as whom a query is written for.</exception>
    public async Task<IReadOnlyList<CriticalQueryResult>> RunAsync(
        IReadOnlyList<CriticalQuery> queries,
        Action<string>? progress,
        CancellationToken ct
    )
    {
        await ActingAs.RequireAsync(
            connection,
            queries.Select(q => q.Role ?? (q.As is null ? null : RoleOf(q.As))).OfType<string>().Distinct(),
            ct
        );
        var wayThereAndBack = await WayThereAndBackAsync(ct);
        var results = new List<CriticalQueryResult>();
        foreach (var query in queries)
        {
            progress?.Invoke($"{query.Name} …");
            results.Add(await RunAsync(query, wayThereAndBack, ct));
        }

        return results;
    }

    private async Task<CriticalQueryResult> RunAsync(
        CriticalQuery query,
        TimeSpan wayThereAndBack,
        CancellationToken ct
    )
    {
        var problems = new List<string>();
        var notes = new List<string>();
        var limit = query.TimeLimit ?? _withoutLimit;
        // Enough that a slow one is seen to be slow, and never so much that it becomes the trouble itself.
        var stopAfter = query.TimeLimit is null
            ? limit
            : TimeSpan.FromMilliseconds(Math.Max(limit.TotalMilliseconds * 3, 1000));
        var user = query.As is AccessTable.Member or AccessTable.Superadmin
            ? await UserAsync(query.As, notes, ct)
            : null;
        var ranAs = query.As ?? query.Role ?? "the connection's own role";
        long? rows = null;
        TimeSpan? best = null;
        string? plan = null;
        try
        {
            for (var run = 0; run < Runs && (best is null || best > limit); run++)
            {
                await using var transaction = await BeginAsync(query, user, stopAfter, ct);
                var watch = Stopwatch.StartNew();
                rows = await CountAsync(query.Sql, ct);
                var elapsed = watch.Elapsed - wayThereAndBack;
                elapsed = elapsed < TimeSpan.Zero ? TimeSpan.Zero : elapsed;
                best = best is null || elapsed < best ? elapsed : best;
            }

            if (query.Plans.Count > 0)
            {
                plan = await CheckPlanAsync(query, user, stopAfter, problems, notes, ct);
            }
        }
        catch (PostgresException e)
        {
            problems.Add(
                e.SqlState == PostgresErrorCodes.QueryCanceled
                    ? $"it was stopped after {Duration.Text(stopAfter)}"
                        + (query.TimeLimit is null ? "" : $"; it may take {Duration.Text(limit)}")
                : e.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction
                    ? $"it writes ({e.MessageText}); critical queries run read-only"
                : $"{ranAs} gets an error: {e.MessageText} ({e.SqlState}){Position(query, e)}"
            );
        }

        if (rows is { } count && query.Rows is { } expected && !expected.Holds(count))
        {
            problems.Add(
                $"{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? "row" : "rows")} came back; expected {expected}"
            );
        }

        if (best is { } took && query.TimeLimit is { } most && took > most)
        {
            problems.Add($"the fastest of {Runs} took {Duration.Text(took)}; it may take {Duration.Text(most)}");
        }

        return new CriticalQueryResult(
            query.Name,
            query.Title,
            ranAs,
            rows,
            query.Rows?.ToString(),
            best is null ? null : Math.Round(best.Value.TotalMilliseconds, 1),
            query.TimeLimit?.TotalMilliseconds,
            plan,
            problems,
            notes
        );
    }

    private async Task<string> CheckPlanAsync(
        CriticalQuery query,
        string? user,
        TimeSpan stopAfter,
        List<string> problems,
        List<string> notes,
        CancellationToken ct
    )
    {
        var found = await ExplainAsync(query, user, stopAfter, withoutSequentialScans: false, ct);
        QueryPlan? possible = null;
        foreach (var expectation in query.Plans)
        {
            var (names, bytes) = await RelationAsync(expectation, ct);
            if (names.Count == 0)
            {
                problems.Add(
                    expectation.Kind == PlanRule.UsesIndex
                        ? $"the index {expectation.Name} does not exist, or is invalid"
                        : $"the table {expectation.Name} does not exist"
                );
            }
            else if (!Holds(expectation, found, names))
            {
                possible ??= await ExplainAsync(query, user, stopAfter, withoutSequentialScans: true, ct);
                if (bytes < SmallTable && Holds(expectation, possible, names))
                {
                    notes.Add($"{expectation}: can be; the table is so small that PostgreSQL rightly reads all of it.");
                }
                else
                {
                    problems.Add(
                        (
                            expectation.Kind == PlanRule.UsesIndex
                                ? $"its plan does not use {expectation.Name}"
                                : $"its plan reads all of {expectation.Name}"
                        )
                            + $" ({found.Text.ReplaceLineEndings("\n").Replace("\n", "; ", StringComparison.Ordinal).Replace("  ", "", StringComparison.Ordinal)})"
                    );
                }
            }
        }

        return found.Text;
    }

    private static bool Holds(PlanExpectation expectation, QueryPlan plan, IReadOnlyList<string> names) =>
        expectation.Kind == PlanRule.UsesIndex
            ? names.Any(plan.Indexes.Contains)
            : !names.Any(plan.SequentiallyScanned.Contains);

    private async Task<QueryPlan> ExplainAsync(
        CriticalQuery query,
        string? user,
        TimeSpan stopAfter,
        bool withoutSequentialScans,
        CancellationToken ct
    )
    {
        await using var transaction = await BeginAsync(query, user, stopAfter, ct);
        if (withoutSequentialScans)
        {
            await using var off = new NpgsqlCommand("SET LOCAL enable_seqscan = off", connection);
            await off.ExecuteNonQueryAsync(ct);
        }

        await using var explain = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) {query.Sql}", connection);
        return QueryPlan.Parse((string)(await explain.ExecuteScalarAsync(ct))!);
    }

    // The names that stand in a plan for it, its partitions' included, and how large its table is.
    private async Task<(IReadOnlyList<string> Names, long Bytes)> RelationAsync(
        PlanExpectation expectation,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            """
            WITH RECURSIVE meant AS (
                SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = $1 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t'
                    AND c.relkind = ANY (CASE WHEN $2 THEN '{i,I}'::"char"[] ELSE '{r,p,m}'::"char"[] END)
                    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND NOT i.indisvalid)
                UNION
                SELECT i.inhrelid FROM pg_inherits i JOIN meant ON i.inhparent = meant.oid
            )
            SELECT c.relname::text, pg_relation_size(coalesce(i.indrelid, c.oid)::regclass)
            FROM meant JOIN pg_class c ON c.oid = meant.oid LEFT JOIN pg_index i ON i.indexrelid = c.oid
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = expectation.Name },
                new() { Value = expectation.Kind == PlanRule.UsesIndex },
            },
        };
        var (names, bytes) = (new List<string>(), 0L);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            names.Add(reader.GetString(0));
            bytes += reader.GetInt64(1);
        }

        return (names, bytes);
    }

    private async Task<NpgsqlTransaction> BeginAsync(
        CriticalQuery query,
        string? user,
        TimeSpan stopAfter,
        CancellationToken ct
    )
    {
        var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            var role = query.Role ?? (query.As is null ? "none" : RoleOf(query.As));
            await using var command = new NpgsqlCommand(
                """
                SELECT set_config('transaction_read_only', 'on', true), set_config('lock_timeout', '1s', true),
                    set_config('statement_timeout', $1, true), set_config('role', $2, true), set_config('app.user_id', $3, true)
                """,
                connection
            )
            {
                Parameters =
                {
                    new() { Value = $"{stopAfter.TotalMilliseconds:0}ms" },
                    new() { Value = role },
                    new() { Value = user ?? "" },
                },
            };
            await command.ExecuteNonQueryAsync(ct);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    private async Task<long> CountAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = 0L;
        while (await reader.ReadAsync(ct))
        {
            rows++;
        }

        return rows;
    }

    // Somebody real, because a read-only transaction can make nobody.
    private async Task<string> UserAsync(string persona, List<string> notes, CancellationToken ct)
    {
        const string nobody = "nobody";
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var limit = new NpgsqlCommand("SET LOCAL statement_timeout = '5s'", connection);
        await limit.ExecuteNonQueryAsync(ct);
        await using var command = new NpgsqlCommand(
            $"SELECT id FROM public.users WHERE role IS {(persona == AccessTable.Superadmin ? "NOT " : "")}DISTINCT FROM 'superadmin' ORDER BY id LIMIT 1",
            connection
        );
        try
        {
            if (await command.ExecuteScalarAsync(ct) is string id)
            {
                return id;
            }

            notes.Add($"There is no {persona} here; it ran as a user who has no rows.");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            notes.Add($"No {persona} was found within 5 s; it ran as a user who has no rows.");
        }

        return nobody;
    }

    private async Task<TimeSpan> WayThereAndBackAsync(CancellationToken ct)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            var watch = Stopwatch.StartNew();
            await command.ExecuteScalarAsync(ct);
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        return best;
    }

    private static string RoleOf(string persona) =>
        persona switch
        {
            AccessTable.Anonymous => Persona.Anonymous.Role,
            AccessTable.Service => Persona.Service.Role,
            _ => Persona.User("nobody").Role,
        };

    private static string Position(CriticalQuery query, PostgresException e) =>
        e.Position > 0 && e.Position <= query.Sql.Length ? $" at: {query.Sql[(e.Position - 1)..].Split('\n')[0]}" : "";
}
