using Db.Compatibility;
using Db.Tracing.Findings;
using Db.Tracing.Observing;
using Db.Tracing.Rows;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;
using MigrationSafety.Hazards;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Tracing;

/// <summary>
/// Runs migrations on a scratch server, on tables full of rows, and reports what PostgreSQL really did for each statement. Nothing is
/// concluded from the text of a migration: raw SQL, DO blocks and functions are seen like everything else.
/// </summary>
/// <param name="server">Where the scratch databases are made; they are dropped again.</param>
/// <param name="factory">Makes the context whose migrations are traced.</param>
/// <param name="options">How.</param>
/// <param name="progress">Told what is being done.</param>
internal sealed class MigrationTrace(
    ThrowAwayServer server,
    ContextFactory factory,
    TraceOptions options,
    Action<string> progress
)
{
    private OwnTables Own => field ??= ReadOwn();

    /// <summary>Traces migrations, each from the schema before it.</summary>
    /// <param name="wanted">Ids; null for all.</param>
    /// <param name="ct">Ends the trace; the scratch databases are dropped.</param>
    public async Task<TraceReport> RunAsync(IReadOnlyCollection<string>? wanted, CancellationToken ct)
    {
        // Holds no rows, and goes from migration to migration; each trace works on copies of it.
        await using var schema = await server.CreateDatabaseAsync(ct);
        var ids = Ids();
        var traced = new List<TracedMigration>();
        string? at = null;
        for (var i = 0; i < ids.Count; i++)
        {
            if (wanted is not null && !wanted.Contains(ids[i]))
            {
                continue;
            }

            var before = i == 0 ? null : ids[i - 1];
            if (before is not null && before != at)
            {
                await MigrateAsync(schema, before, ct);
                at = before;
            }

            progress($"tracing {ids[i]} …");
            traced.Add(await TraceAsync(schema, before, ids[i], ct));
        }

        return new TraceReport(server.Description, options.Rows, traced);
    }

    private OwnTables ReadOwn()
    {
        using var context = Context("Host=localhost");
        return OwnTables.Of(context);
    }

    private List<string> Ids()
    {
        using var context = Context("Host=localhost");
        return [.. context.GetService<IMigrationsAssembly>().Migrations.Keys.Order(StringComparer.OrdinalIgnoreCase)];
    }

    private async Task<TracedMigration> TraceAsync(TestDatabase schema, string? before, string id, CancellationToken ct)
    {
        await using var old = await server.CopyAsync(schema, ct);
        await using var oldSession = new NpgsqlConnection(Unpooled(old));
        await oldSession.OpenAsync(ct);
        var maker = new RowMaker(oldSession, Own.Has, options.Rows);
        var tables = await maker.FillAsync(ct);
        await oldSession.CloseAsync();

        await using var scratch = await server.CopyAsync(old, ct);
        var original = await StateAsync(scratch, ct);
        var catalogs = options.Down ? await CatalogsAsync(scratch, ct) : null;
        var runs = new List<TracedRun> { await RunAsync(scratch, original, "Up", id, tables, ct) };
        ReleaseComparison? previous = null;
        ReleaseComparison? codeFirst = null;
        IReadOnlyList<string>? notRestored = null;
        if (runs[0].Failure is null)
        {
            if (options.PreviousRelease && before is not null)
            {
                var releases = new ReleaseComparer(factory, options, maker);
                previous = await releases.CompareAsync(
                    before,
                    works: old.ConnectionString,
                    tried: scratch.ConnectionString,
                    ct
                );
                await using var filled = await server.CopyAsync(scratch, ct);
                await using var session = new NpgsqlConnection(Unpooled(filled));
                await session.OpenAsync(ct);
                var newMaker = new RowMaker(session, Own.Has, options.Rows);
                await newMaker.FillAsync(ct);
                codeFirst = await new ReleaseComparer(factory, options, newMaker).CompareAsync(
                    id,
                    works: filled.ConnectionString,
                    tried: old.ConnectionString,
                    ct
                );
            }

            if (options.Down)
            {
                // What later writes would have filled.
                IReadOnlyList<FilledTable> now;
                await using (var session = new NpgsqlConnection(Unpooled(scratch)))
                {
                    await session.OpenAsync(ct);
                    now = await new RowMaker(session, Own.Has, options.Rows).FillAsync(ct);
                }

                runs.Add(await RunAsync(scratch, original, "Down", before ?? Migration.InitialDatabase, now, ct));
                if (catalogs is not null && runs[^1].Failure is null)
                {
                    notRestored = [.. catalogs.Compare(await CatalogsAsync(scratch, ct)).Select(d => d.ToString())];
                }
            }
        }

        return TraceFindings.Complete(
            new TracedMigration(id, tables, runs, previous, codeFirst, notRestored, []),
            AcceptedBy(id)
        );
    }

    private async Task<TracedRun> RunAsync(
        TestDatabase scratch,
        DatabaseState original,
        string direction,
        string target,
        IReadOnlyList<FilledTable> tables,
        CancellationToken ct
    )
    {
        var start = direction == "Up" ? original : await StateAsync(scratch, ct);
        var observer = new StatementObserver(
            original,
            start,
            tables.Where(t => t.WhyNone is null).ToDictionary(t => t.Table, t => t.Rows),
            Own.Has,
            Own.History,
            Unpooled(scratch)
        );
        TraceFailure? failure = null;
        // PostgreSQL says at this level which tables it reads and which indexes it builds.
        var connection = new NpgsqlConnectionStringBuilder(Unpooled(scratch))
        {
            Options = "-c client_min_messages=debug1",
        };
        await using (var context = Context(connection.ConnectionString, o => o.AddInterceptors(observer)))
        {
            try
            {
                await context.GetService<IMigrator>().MigrateAsync(target, ct);
            }
            catch (MigrationSafetyException e)
            {
                failure = new TraceFailure(observer.Failed, e.Message);
            }
        }

        var end = await StateAsync(scratch, ct);
        var names = end.Objects.Values.Select(o => $"{o.Kind} {o.Name}").ToHashSet();
        return new TracedRun(
            direction,
            observer.Statements,
            names,
            [
                .. from pair in end.Objects
                where pair.Value.Mark.Length > 0 && start.Objects.GetValueOrDefault(pair.Key)?.Mark != pair.Value.Mark
                select new ObservedObject(
                    pair.Value.Kind,
                    pair.Value.Name,
                    end.Relations.GetValueOrDefault(pair.Value.Table)?.FullName ?? "",
                    0,
                    pair.Value.Mark
                ),
            ],
            failure
        );
    }

    private static async Task<DatabaseState> StateAsync(TestDatabase database, CancellationToken ct)
    {
        await using var session = new NpgsqlConnection(Unpooled(database));
        await session.OpenAsync(ct);
        return await DatabaseState.ReadAsync(session, ct);
    }

    // Everything that a migration can make, without the schemas of the history and of the journal: those stay.
    private async Task<SchemaSnapshot> CatalogsAsync(TestDatabase database, CancellationToken ct)
    {
        await using var session = new NpgsqlConnection(Unpooled(database));
        await session.OpenAsync(ct);
        var schemas = new List<string>();
        await using (
            var command = new NpgsqlCommand(
                """
                SELECT n.nspname FROM pg_catalog.pg_namespace n
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1)
                """,
                session
            )
        )
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Own.Schemas.ToArray() });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                schemas.Add(reader.GetString(0));
            }
        }

        return (await SchemaSnapshot.ReadAsync(session, new SchemaSnapshotOptions { Schemas = schemas }, ct)).Without(
            Own.Has
        );
    }

    private async Task MigrateAsync(TestDatabase database, string target, CancellationToken ct)
    {
        await using var context = Context(Unpooled(database));
        await context.GetService<IMigrator>().MigrateAsync(target, ct);
    }

    private IReadOnlyList<AcceptedHazard> AcceptedBy(string id)
    {
        using var context = Context("Host=localhost");
        return AcceptedHazard.Of(context.GetService<IMigrationsAssembly>().Migrations[id]);
    }

    // The scratch data is there to be lost, and Ctrl-C is the command's own business.
    private DbContext Context(string connectionString, Action<DbContextOptionsBuilder>? configure = null) =>
        factory(
            connectionString,
            builder =>
            {
                builder.UseMigrationSafety(o => o.AllowDataLoss().Hazards(HazardPolicy.Ignore).HandleSignals(false));
                configure?.Invoke(builder);
            }
        );

    // A pooled session would still be there when the database is copied.
    private static string Unpooled(TestDatabase database) =>
        new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString;
}
