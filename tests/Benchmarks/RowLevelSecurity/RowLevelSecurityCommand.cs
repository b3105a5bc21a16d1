using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Benchmarks.Measuring;
using Data;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Benchmarks.RowLevelSecurity;

/// <summary>What row-level security costs a reader, against the same query with a WHERE and no policies.</summary>
internal static class RowLevelSecurityCommand
{
    private const double Limit = 1.3;
    private const int RowsOfAUser = 50;

    private static readonly (string Table, string Columns)[] _tables =
    [
        ("users_metas", """id, "userId", "metaKey", "metaValue", "dataType", "isPublic", "createdAt", "updatedAt" """),
        ("api_key", """id, "keyPrefix", name, "userId", status, scopes, "lastUsedAt", "expiresAt", "createdAt" """),
        ("api_audit_log", """id, "apiKeyId", "userId", endpoint, method, "statusCode", "responseTime", "createdAt" """),
    ];

    public static Command Create()
    {
        var rows = new Option<int>("--rows")
        {
            Description = "Rows of each table; each user owns 50 of each.",
            DefaultValueFactory = _ => 1_000_000,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each query is run, by another user each time.",
            DefaultValueFactory = _ => 1_000,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new Command("row-level-security", "Members' and superadmins' reads, with policies and without.")
        {
            rows,
            rounds,
            json,
        };
        command.SetAction(parsed => RunAsync(parsed.GetValue(rows), parsed.GetValue(rounds), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(int rows, int rounds, bool json)
    {
        var users = rows / RowsOfAUser;
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Durable = true,
                Settings = new Dictionary<string, string> { ["shared_buffers"] = "1GB", ["max_wal_size"] = "4GB" },
            }
        );
        await using var database = await server.CreateDatabaseAsync();
        Console.Error.WriteLine($"Filling three tables with {rows:#,0} rows each …");
        await FillAsync(database.ConnectionString, users, rows);

        var found = new List<Row>();
        await using var plain = await Reader.OpenAsync(database.ConnectionString, role: null);
        await using var member = await Reader.OpenAsync(database.ConnectionString, "authenticated");
        await using var old = await Reader.OpenAsync(database.ConnectionString, "old_authenticated");
        foreach (var (table, columns) in _tables)
        {
            Console.Error.WriteLine($"Reading {table} …");
            var all = $"SELECT {columns} FROM public.{table}";
            var own = $"""{all} WHERE "userId" = $1""";
            var newest = """ ORDER BY "createdAt" DESC LIMIT 20""";
            foreach (var prepared in (bool[])[false, true])
            {
                var how = prepared ? "prepared" : "planned each time";
                found.Add(
                    await CompareAsync(
                        $"{table}: a member's own rows, {how}",
                        (member, all),
                        (plain, own),
                        prepared,
                        Limit
                    )
                );
                found.Add(
                    await CompareAsync(
                        $"{table}: the same with a WHERE in both, {how}",
                        (member, own),
                        (plain, own),
                        prepared
                    )
                );
                found.Add(
                    await CompareAsync(
                        $"{table}: a member's 20 latest rows, {how}",
                        (member, all + newest),
                        (plain, own + newest),
                        prepared
                    )
                );
            }

            found.Add(await AgainstOldAsync(table, all));
            found.Add(await AsSuperadminAsync(table));
        }

        return new Results(
            server.Description,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows:#,0} rows a table, {users:#,0} users, {rounds:#,0} rounds interleaved, medians, fsync on."
            ),
            found
        ).Print(json);

        async Task<Row> CompareAsync(
            string what,
            (Reader Reader, string Sql) subject,
            (Reader Reader, string Sql) baseline,
            bool prepared,
            double? limit = null
        )
        {
            var (with, without) = (new Samples("row-level security"), new Samples("WHERE, no policies"));
            await subject.Reader.UseAsync(subject.Sql, prepared);
            await baseline.Reader.UseAsync(baseline.Sql, prepared);
            for (var round = -20; round < rounds; round++)
            {
                var user = UserId(2 + (round + 20) % (users - 1));
                await subject.Reader.BecomeAsync(user);
                // Whoever comes second finds the rows in memory: they take turns.
                var pairs = new[] { (subject.Reader, with), (baseline.Reader, without) };
                foreach (var (reader, samples) in round % 2 == 0 ? pairs : pairs.Reverse())
                {
                    var kept = round < 0 ? new Samples("warm-up") : samples;
                    var read = 0L;
                    await kept.TimeAsync(async () => read = await reader.ReadAsync(user));
                    if (read is not (RowsOfAUser or 20))
                    {
                        throw new InvalidOperationException($"{what}: {samples.Name} read {read} rows.");
                    }
                }
            }

            return Row.Of(what, with, without, limit);
        }

        async Task<Row> AgainstOldAsync(string table, string sql)
        {
            var (ours, theirs) = (new Samples("row-level security"), new Samples("the old policies"));
            await member.UseAsync(sql, prepared: false);
            await old.UseAsync(sql, prepared: false);
            for (var round = 0; round < 3; round++)
            {
                var user = UserId(2 + round);
                await member.BecomeAsync(user);
                await old.BecomeAsync(user);
                await ours.TimeAsync(() => member.ReadAsync(user));
                await theirs.TimeAsync(() => old.ReadAsync(user));
            }

            return Row.Of($"{table}: a member's own rows", ours, theirs);
        }

        async Task<Row> AsSuperadminAsync(string table)
        {
            var (with, without) = (new Samples("row-level security"), new Samples("no policies"));
            var sql = $"""SELECT count("createdAt") FROM public.{table}""";
            await member.BecomeAsync(UserId(1));
            await member.UseAsync(sql, prepared: false);
            await plain.UseAsync(sql, prepared: false);
            for (var round = 0; round < 7; round++)
            {
                await with.TimeAsync(() => member.ReadAsync(UserId(1)));
                await without.TimeAsync(() => plain.ReadAsync(UserId(1)));
            }

            return Row.Of($"{table}: a superadmin counts all rows", with, without);
        }
    }

    private static async Task FillAsync(string connectionString, int users, int rows)
    {
        var options =
            (DbContextOptions<AppDbContext>)
                new DbContextOptionsBuilder<AppDbContext>().UseAppDatabase(connectionString).Options;
        await using (var context = new AppDbContext(options))
        {
            await context.Database.MigrateAsync();
        }

        await using var source = NpgsqlDataSource.Create(connectionString);
        var fill = EmbeddedSql
            .Read("RowLevelSecurity/rows.sql")
            .Replace("$users", users.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("$rows", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        foreach (var sql in (string[])[fill, EmbeddedSql.Read("RowLevelSecurity/old_policies.sql"), "VACUUM ANALYZE"])
        {
            await using var command = source.CreateCommand(sql);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }

        await using var checkpoint = source.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
    }

    private static string UserId(int number) =>
        "user-"
        + Convert.ToHexStringLower(
            MD5.HashData(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)))
        );
}
