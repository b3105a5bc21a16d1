using Data.Migrations;
using Data.Migrations.Adopting;
using Db.Adopting;
using Db.Databases;
using LocalPostgres;
using MigrationSafety;
using Npgsql;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary>Old databases come under the migrations without a copy, a rewrite or an outage.</summary>
public sealed class AdoptionTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Shapes => [.. OldShape.Adoptable.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Is_adopted_while_the_application_signs_people_in(string name)
    {
        var shape = OldShape.Adoptable.Single(s => s.Name == name);
        await using var database = await shape.MakeAsync(postgres);
        var rows = await Contents.RowsAsync(database.ConnectionString);
        var catalogs = await Contents.CatalogsAsync(database.ConnectionString);
        var hasUsers = rows.ContainsKey("users");
        var application = hasUsers ? await SignInSession.StartAsync(database.ConnectionString) : null;
        var before = application?.Rounds;

        var planned = await PlanAsync(database);
        Assert.Empty(planned.Plan!.InTheWay);
        Assert.Equal(catalogs, await Contents.CatalogsAsync(database.ConnectionString));
        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.Equal(planned.Plan.Record, adopted.Plan!.Record);
        await OldShape.MigrateAsync(database.ConnectionString);

        if (application is not null)
        {
            await application.DisposeAsync();
            Assert.True(application.Rounds > before + 1);
        }

        Assert.Equal(rows, (await Contents.RowsAsync(database.ConnectionString)).Where(r => rows.ContainsKey(r.Key)));
        var live = await CompareAsync(database);
        Assert.Empty(live.Differences);
        Assert.Subset(
            live.Kept.Select(d => d.Property is null ? d.Object : $"{d.Object}, {d.Property}").ToHashSet(),
            planned.Plan.Findings.Where(f => f.Verdict == Verdict.Stays).Select(f => f.Name).ToHashSet()
        );
        var again = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.StartsWith("Nothing to do: this database was adopted on ", again.NothingToDo, StringComparison.Ordinal);
        Assert.Empty(again.Pending);
    }

    [Fact]
    public async Task No_table_is_rewritten()
    {
        await using var database = await OldShape.Adoptable[^1].MakeAsync(postgres);
        const string files =
            "SELECT string_agg(relname || ' ' || relfilenode, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        var before = await ScalarAsync(database, files);

        await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        await OldShape.MigrateAsync(database.ConnectionString);

        Assert.Equal(before, await ScalarAsync(database, files));
    }

    [Fact]
    public async Task What_is_true_is_recorded_with_its_checksum_and_the_rest_is_pending()
    {
        await using var database = await OldShape.Adoptable.Single(s => s.Name == "stopped at 003").MakeAsync(postgres);

        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);

        string[] recorded = ["FunctionsAndRoles", "AuthTables", "UserMetas"];
        Assert.Equal(recorded, adopted.Plan!.Record.Select(id => id[15..]));
        Assert.Equal(
            string.Join(' ', adopted.Plan.Record),
            await ScalarAsync(
                database,
                """SELECT string_agg("MigrationId", ' ' ORDER BY 1) FROM migrations."__EFMigrationsHistory" """
            )
        );
        Assert.Equal(
            string.Join(' ', adopted.Plan.Record),
            await ScalarAsync(
                database,
                "SELECT string_agg(migration_id, ' ' ORDER BY migration_id) FROM migrations.applied_migration WHERE checksum LIKE '1:%'"
            )
        );
        Assert.Equal("False", await ScalarAsync(database, "SELECT to_regclass('public.api_key') IS NOT NULL"));
    }

    [Fact]
    public async Task Without_being_adopted_the_bundle_says_what_to_do_and_changes_nothing()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);

        var failed = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            OldShape.MigrateAsync(database.ConnectionString)
        );

        Assert.Contains("this database has to be adopted first", failed.Message, StringComparison.Ordinal);
        Assert.Contains("db adopt --plan", failed.Message, StringComparison.Ordinal);
        Assert.Empty((await PlanAsync(database)).Plan!.InTheWay);
        await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        await OldShape.MigrateAsync(database.ConnectionString);
        Assert.Empty((await CompareAsync(database)).Differences);
    }

    [Fact]
    public async Task A_database_that_the_migrations_made_is_left_alone()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var catalogs = await Contents.CatalogsAsync(database.ConnectionString);

        var adoption = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);

        Assert.Equal("Nothing to do: the migrations made this database.", adoption.NothingToDo);
        Assert.Equal(catalogs, await Contents.CatalogsAsync(database.ConnectionString));
    }

    [Fact]
    public async Task A_database_from_before_the_adopting_migrations_takes_them_late()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            DELETE FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" LIKE '%\_AdoptExisting';
            DELETE FROM migrations.applied_migration WHERE migration_id LIKE '%\_AdoptExisting';
            """
        );

        await OldShape.MigrateAsync(database.ConnectionString);

        Assert.Empty((await CompareAsync(database)).Differences);
    }

    [Fact]
    public async Task A_database_that_quotes_all_names_is_adopted_the_same()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        var plain = await PlanAsync(database);
        await PostgresServer.ExecuteAsync(
            database,
            $"ALTER DATABASE \"{database.Name}\" SET quote_all_identifiers = on"
        );
        // Sessions in the pool have the old setting.
        NpgsqlConnection.ClearPool(new NpgsqlConnection(database.ConnectionString));

        var quoted = await PlanAsync(database);
        await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        await OldShape.MigrateAsync(database.ConnectionString);

        Assert.Equal(plain.Plan!.Findings, quoted.Plan!.Findings);
        Assert.Empty((await CompareAsync(database)).Differences);
    }

    [Fact]
    public async Task A_new_database_passes_them_without_a_step_of_its_own_for_each()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            DELETE FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" LIKE '%\_AdoptIndexes';
            DELETE FROM migrations.applied_migration WHERE migration_id LIKE '%\_AdoptIndexes';
            CREATE TABLE public.step ();
            CREATE FUNCTION public.count_step() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.step DEFAULT VALUES; RETURN NULL; END';
            CREATE TRIGGER count AFTER INSERT OR UPDATE ON migrations.unfinished_migration FOR EACH ROW EXECUTE FUNCTION public.count_step();
            """
        );

        await OldShape.MigrateAsync(database.ConnectionString);

        Assert.Equal("0", await ScalarAsync(database, "SELECT count(*) FROM public.step"));
    }

    [Fact]
    public async Task What_is_opened_by_hand_afterwards_is_seen()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        await OldShape.MigrateAsync(database.ConnectionString);
        await PostgresServer.ExecuteAsync(
            database,
            "CREATE POLICY open ON public.users FOR SELECT TO authenticated USING (true); CREATE TABLE public.stray (id int)"
        );

        Assert.Equal(
            ["table public.users, policy open", "table public.stray"],
            (await CompareAsync(database)).Differences.Select(d =>
                d.Property is null ? d.Object : $"{d.Object}, {d.Property}"
            )
        );
    }

    [Fact]
    public async Task Another_role_owns_the_tables_and_a_member_of_it_migrates()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        var (owner, deployer) = ($"owner_{database.Name}", $"deployer_{database.Name}");
        await PostgresServer.ExecuteAsync(
            database,
            $"""
            CREATE ROLE {owner};
            CREATE ROLE {deployer} LOGIN PASSWORD 'p';
            GRANT CREATE ON DATABASE {database.Name} TO {deployer};
            GRANT CREATE ON SCHEMA public TO {deployer}, {owner};
            DO $$
            DECLARE
              name text;
            BEGIN
              FOR name IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
                EXECUTE format('ALTER TABLE %s OWNER TO {owner}', name);
              END LOOP;
              FOR name IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND proname IN ('get_auth_user_id', 'set_updated_at', 'sync_user_name')
              LOOP
                EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', name);
              END LOOP;
            END
            $$;
            ALTER TYPE public.api_key_status OWNER TO {owner};
            """
        );
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = deployer,
            Password = "p",
        }.ConnectionString;

        var refused = await Adoption.AdoptAsync(connectionString, Accepted.Nothing, Cancellation);
        var missing = Assert.Single(refused.Plan!.InTheWay);
        Assert.Equal($"role {deployer}, ownership", missing.Name);
        Assert.Equal($"GRANT \"{owner}\" TO \"{deployer}\"; -- or connect as {owner}", missing.Sql);

        await PostgresServer.ExecuteAsync(database, missing.Sql!);
        var adopted = await Adoption.AdoptAsync(connectionString, Accepted.Nothing, Cancellation);
        Assert.Empty(adopted.Plan!.InTheWay);
        await OldShape.MigrateAsync(connectionString);

        Assert.Empty((await CompareAsync(database)).Differences);
        Assert.Equal(
            "1 user-7",
            await ScalarAsync(
                database,
                """
                SELECT set_config('app.user_id', 'user-7', false); SET ROLE authenticated;
                SELECT count(*) || ' ' || min("userId") FROM session;
                """,
                last: true
            )
        );
    }

    private static async Task<Adoption> PlanAsync(TestDatabase database)
    {
        await using var connection = await OpenAsync(database);
        return await Adoption.PlanAsync(connection, Accepted.Nothing, Cancellation);
    }

    private static async Task<LiveSchema> CompareAsync(TestDatabase database)
    {
        await using var connection = await OpenAsync(database);
        return await LiveSchema.CompareAsync(connection, Cancellation);
    }

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task<string?> ScalarAsync(TestDatabase database, string sql, bool last = false)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        string? value = null;
        do
        {
            while (await reader.ReadAsync(Cancellation))
            {
                value = reader.GetValue(0).ToString();
            }
        } while (last && await reader.NextResultAsync(Cancellation));
        return value;
    }
}
