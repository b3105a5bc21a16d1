using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>What a migration sets in the session ends with the migration, and never reaches what is written down.</summary>
public class SessionSettingsTests(PostgresServer postgres)
{
    private const string State = """
        SELECT current_user || ' ' || current_setting('role') || ' ' || current_setting('search_path') || ' '
            || current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' '
            || coalesce(current_setting('app.tenant', true), '')
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_migrations_settings_reach_neither_the_history_nor_the_next_migration(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var builder = await BuilderAsync(database);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(connection, "SET app.tenant = 'before'; SET work_mem = '5MB'");
        var before = await ScalarAsync(connection, State);
        var log = new LogLines();
        await using var context = new SettingsContext(connection)
        {
            Further = options =>
            {
                log.AddTo(options);
                options.ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning));
            },
        };

        await Run.MigrateAsync(context, async);

        Assert.Equal(before, await ScalarAsync(connection, State));
        Assert.Equal("5MB", await ScalarAsync(connection, "SHOW work_mem"));
        Assert.Equal(
            $"app.in_first={builder.Name}, app.split={builder.Name}, public.after_split=postgres, public.in_second=postgres",
            await ScalarAsync(
                connection,
                """
                SELECT string_agg(schemaname || '.' || tablename || '=' || tableowner, ', ' ORDER BY schemaname, tablename)
                FROM pg_tables WHERE schemaname IN ('app', 'public') AND tablename <> '__EFMigrationsHistory'
                """
            )
        );
        Assert.Equal(
            "20260101000000_First 20260102000000_Second 20260103000000_Split 20260104000000_AfterSplit",
            await ScalarAsync(
                connection,
                """SELECT string_agg("MigrationId", ' ' ORDER BY "MigrationId") FROM public."__EFMigrationsHistory" """
            )
        );
        Assert.Contains(
            log.Lines,
            line =>
                line.Contains(
                    "20260101000000_First left role, search_path, statement_timeout, app.tenant of the session changed",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task A_migration_that_is_resumed_has_its_settings_again()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var builder = await BuilderAsync(database);
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await using var context = new SettingsContext(connection);
            await Run.MigrateAsync(context, async: true, "20260102000000_Second");
            // Refused by the server in the middle of the migration, behind the command that sets the search_path.
            await ExecuteAsync(
                database,
                "CREATE TABLE app.split_made_by_hand (id int); CREATE INDEX split_id ON app.split_made_by_hand (id)"
            );
            await Assert.ThrowsAnyAsync<MigrationSafetyException>(() => Run.MigrateAsync(context, async: true));
            await ExecuteAsync(database, "DROP TABLE app.split_made_by_hand");
        }

        NpgsqlConnection.ClearAllPools();
        await using var again = new NpgsqlConnection(database.ConnectionString);
        await using var resumed = new SettingsContext(again);
        await Run.MigrateAsync(resumed, async: true);

        await again.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            "app.split_id",
            await ScalarAsync(
                again,
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'app.split'::regclass"
            )
        );
    }

    private async Task<TestRole> BuilderAsync(TestDatabase database)
    {
        var role = await TestRole.CreateAsync(postgres);
        await ExecuteAsync(database, $"CREATE SCHEMA app AUTHORIZATION {role.Name}");
        return role;
    }

    private static async Task ExecuteAsync(TestDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(connection, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private sealed class SettingsContext(NpgsqlConnection connection) : DbContext
    {
        public Action<DbContextOptionsBuilder>? Further { get; init; }

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
        {
            optionsBuilder
                .UseNpgsql(connection, npgsql => npgsql.MigrationsAssembly(typeof(SettingsContext).Assembly))
                .UseMigrationSafety(safety => safety.Hazards(HazardPolicy.Ignore));
            Further?.Invoke(optionsBuilder);
        }

        [DbContext(typeof(SettingsContext))]
        [Migration("20260101000000_First")]
        public sealed class First : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql(
                    """
                    DO $$ BEGIN
                        EXECUTE 'SET ROLE ' || (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'app');
                        PERFORM set_config('search_path', 'app', false);
                    END $$;
                    SET statement_timeout = '20min';
                    SET app.tenant = 'theirs';
                    SET LOCAL lock_timeout = '1s';
                    """
                );
                migrationBuilder.CreateTable("in_first", t => new { id = t.Column<int>() });
            }
        }

        [DbContext(typeof(SettingsContext))]
        [Migration("20260102000000_Second")]
        public sealed class Second : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.CreateTable("in_second", t => new { id = t.Column<int>() });
        }

        [DbContext(typeof(SettingsContext))]
        [Migration("20260103000000_Split")]
        public sealed class Split : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql("SET search_path TO app;");
                migrationBuilder.Sql(
                    """
                    DO $$ BEGIN
                        EXECUTE 'SET ROLE ' || (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'app');
                    END $$;
                    """
                );
                migrationBuilder.CreateTable("split", t => new { id = t.Column<int>() });
                migrationBuilder.Sql("CREATE INDEX CONCURRENTLY split_id ON split (id);", suppressTransaction: true);
            }
        }

        [DbContext(typeof(SettingsContext))]
        [Migration("20260104000000_AfterSplit")]
        public sealed class AfterSplit : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.CreateTable("after_split", t => new { id = t.Column<int>() });
        }
    }
}
