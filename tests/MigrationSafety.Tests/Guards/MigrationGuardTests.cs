using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>Each guard trips on its fault, with its whole message, before anything is changed; and lets the rest pass.</summary>
public class MigrationGuardTests(PostgresServer postgres)
{
    private static async Task<string> RefusalAsync(DbContext context, string? target = null)
    {
        var connection = context.Database.GetConnectionString()!;
        var before = await Catalogs.ReadAsync(connection);
        var message = "";
        foreach (var async in new[] { false, true })
        {
            message = (
                await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async, target))
            ).Message;
        }

        Assert.Equal(before, await Catalogs.ReadAsync(connection));
        return message;
    }

    private static Task ExecuteAsync(string connectionString, string sql) =>
        Catalogs.ScalarAsync<int>(connectionString, sql + "; SELECT 1");

    [Fact]
    public async Task Database_ahead_of_the_code()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await ExecuteAsync(
            database.ConnectionString,
            """INSERT INTO migrations."__EFMigrationsHistory" VALUES ('20270101000000_Later', '10.0.0')"""
        );

        Assert.Equal(
            """
            The database is ahead of this code: 20270101000000_Later was applied by a newer release; the newest here is 20260103000000_Words.

            State: nothing was changed.
            To do: run the bundle of the newest release. To go back to this release, run the newer bundle with the last migration that this release knows: efbundle 20260103000000_Words
            """,
            await RefusalAsync(context)
        );
    }

    [Fact]
    public async Task Migration_missing_from_the_code()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await ExecuteAsync(
            database.ConnectionString,
            """INSERT INTO migrations."__EFMigrationsHistory" VALUES ('20260101120000_Gone', '10.0.0')"""
        );

        Assert.Equal(
            """
            The database has had migrations applied that are not in this code: 20260101120000_Gone. They were removed from the code, or were applied from another branch.

            State: nothing was changed.
            To do: bring them back into the code, or run the code they came from. Squashed migrations: once the schema was verified, delete their rows from EF Core's history table.
            """,
            await RefusalAsync(context)
        );
    }

    [Fact]
    public async Task Out_of_order()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await ExecuteAsync(
            database.ConnectionString,
            """
            DELETE FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" LIKE '%Author'; ALTER TABLE notes DROP author;
            DELETE FROM migrations.applied_migration WHERE migration_id LIKE '%Author'
            """
        );

        Assert.Equal(
            """
            20260102000000_Author is older than 20260103000000_Words, which is applied already: two branches were merged. On this database they would run in an order in which nobody has tested them.

            State: nothing was changed.
            To do: make it the newest: dotnet ef migrations remove (on its branch), merge, dotnet ef migrations add again. Or, when both orders give the same schema: -- --allow-out-of-order
            """,
            await RefusalAsync(context)
        );

        await using var allowed = new PlainContext(database.ConnectionString, o => o.AllowOutOfOrder());
        await Run.MigrateAsync(allowed, async: false);
        Assert.Equal(
            3,
            (await allowed.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)).Count()
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Row_of_the_history_that_was_deleted(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async);
        await ExecuteAsync(
            database.ConnectionString,
            """
            UPDATE migrations.applied_migration SET applied_at = '2026-03-01 12:30:15+00', applied_by = 'anna';
            DELETE FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" LIKE '%Words'
            """
        );

        var message = await RefusalAsync(context);
        Assert.Equal(
            $"""
            20260103000000_Words is recorded as applied (2026-03-01 12:30:15 UTC by anna); but its row in migrations."__EFMigrationsHistory" is gone: deleted by hand, or the migration was reverted by something that is not these rails. Applied a second time, it would meet what it has made already.

            State: nothing was changed.
            To do: look whether what it makes is in the database.
              20260103000000_Words begins with: ALTER TABLE notes ADD words integer NOT NULL DEFAULT 0
            If it is there, put the row back:
              INSERT INTO migrations."__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('20260103000000_Words', '{ProductInfo.GetVersion()}');
            If it is not, because it was really reverted, take the record away:
              DELETE FROM migrations.applied_migration WHERE history_table = 'migrations.__EFMigrationsHistory' AND migration_id = '20260103000000_Words';
            Then run again.
            """,
            message
        );
        // On the way back it would be passed over in silence.
        Assert.Equal(message.Split('\n')[0], (await RefusalAsync(context, "20260101000000_Notes")).Split('\n')[0]);

        if (async)
        {
            await ExecuteAsync(database.ConnectionString, Line(message, "INSERT"));
        }
        else
        {
            await ExecuteAsync(database.ConnectionString, "ALTER TABLE notes DROP words; " + Line(message, "DELETE"));
        }

        await Run.MigrateAsync(context, async);
        Assert.Equal(
            3,
            (await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)).Count()
        );

        static string Line(string text, string start) =>
            text.Split('\n')
                .Single(line => line.TrimStart().StartsWith(start, StringComparison.Ordinal))
                .Trim()
                .TrimEnd(';');
    }

    [Fact]
    public async Task History_that_was_dropped_while_the_journal_is_still_there()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260102000000_Author");
        await ExecuteAsync(
            database.ConnectionString,
            """
            UPDATE migrations.applied_migration SET applied_at = '2026-03-01 12:30:15+00', applied_by = 'anna';
            DROP TABLE migrations."__EFMigrationsHistory"
            """
        );

        var message = await RefusalAsync(context);
        Assert.Equal(
            $"""
            20260101000000_Notes is recorded as applied (2026-03-01 12:30:15 UTC by anna); 20260102000000_Author is recorded as applied (2026-03-01 12:30:15 UTC by anna); but the table migrations."__EFMigrationsHistory" is gone, which held their rows: dropped by hand, or by something that is not these rails. Applied a second time, they would meet what they have made already.

            State: nothing was changed.
            To do: look whether what they make is in the database.
              20260101000000_Notes begins with: CREATE TABLE notes (id int PRIMARY KEY, body text)
              20260102000000_Author begins with: ALTER TABLE notes ADD author text
            If it is there, make the table again and put the rows back:
              CREATE TABLE IF NOT EXISTS migrations."__EFMigrationsHistory" ( "MigrationId" character varying(150) NOT NULL, "ProductVersion" character varying(32) NOT NULL, CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY ("MigrationId") );
              INSERT INTO migrations."__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('20260101000000_Notes', '{ProductInfo.GetVersion()}');
              INSERT INTO migrations."__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('20260102000000_Author', '{ProductInfo.GetVersion()}');
            If it is not, because they were really reverted, take the record away:
              DELETE FROM migrations.applied_migration WHERE history_table = 'migrations.__EFMigrationsHistory' AND migration_id = '20260101000000_Notes';
              DELETE FROM migrations.applied_migration WHERE history_table = 'migrations.__EFMigrationsHistory' AND migration_id = '20260102000000_Author';
            Then run again.
            """,
            message
        );

        await ExecuteAsync(
            database.ConnectionString,
            string.Join(
                '\n',
                message
                    .Split('\n')
                    .SkipWhile(line => !line.StartsWith("If it is there", StringComparison.Ordinal))
                    .Skip(1)
                    .TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
            )
        );
        await Run.MigrateAsync(context, async: true);
        Assert.Equal(
            3,
            (await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)).Count()
        );
    }

    [Fact]
    public async Task Row_of_the_history_that_the_journal_does_not_know()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260102000000_Author");
        await ExecuteAsync(
            database.ConnectionString,
            "DELETE FROM migrations.applied_migration WHERE migration_id LIKE '%Notes'"
        );

        await Run.MigrateAsync(context, async: true);
    }

    [Fact]
    public async Task Migration_edited_after_it_was_applied()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await ExecuteAsync(
            database.ConnectionString,
            "UPDATE migrations.applied_migration SET checksum = '1:another' WHERE migration_id LIKE '%Author'"
        );

        Assert.Equal(
            """
            20260102000000_Author was changed after being applied to this database, which does not have the change; a new database would.

            State: nothing was changed.
            To do: undo the change and put it into a new migration: dotnet ef migrations add <Name>. When the change makes no difference to the schema: -- --allow-edited, which records the new checksum.
            """,
            await RefusalAsync(context)
        );

        await using var allowed = new PlainContext(database.ConnectionString, o => o.AllowEdited());
        await Run.MigrateAsync(allowed, async: false);
        await Run.MigrateAsync(context, async: true);
    }

    [Fact]
    public async Task Unfinished_migration_that_changed_or_would_be_left_unfinished()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new MixedContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260101000000_Tables");
        await ExecuteAsync(
            database.ConnectionString,
            """
            INSERT INTO migrations.unfinished_migration VALUES
                ('migrations.__EFMigrationsHistory', '20260102000000_Indexes', 'Up', 1, 'of another text', 8)
            """
        );

        Assert.Equal(
            """
            20260102000000_Indexes was interrupted half-way by an earlier run, and its commands have changed since: going on would make a schema that no version of the code describes.

            State: 1 of 8 commands of 20260102000000_Indexes are committed (applying it).
            To do: run the release that began it, let it finish, and put the change into a new migration.
            """,
            await RefusalAsync(context)
        );
        Assert.Equal(
            """
            An earlier run was interrupted while applying 20260102000000_Indexes, and this one would leave it half done.

            State: 1 of 8 commands of 20260102000000_Indexes are committed (applying it).
            To do: let it be finished first, by the release that has it: efbundle 20260102000000_Indexes
            """,
            await RefusalAsync(context, "0")
        );
    }

    [Fact]
    public async Task Transaction_control_inside_a_migrations_transaction()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new CommittingContext(database.ConnectionString);

        Assert.Equal(
            """
            20260101000000_Commits holds a COMMIT of its own. EF Core runs the migration in one transaction; this would end it half-way, and a failure after it could no longer be rolled back.

              1 | -- BEGIN is only a comment here
              2 | CREATE TABLE halves (id int);
              3 | COMMIT;
                  ^

            State: nothing was changed.
            To do: remove BEGIN and COMMIT. A statement that must not run in a transaction: migrationBuilder.Sql(…, suppressTransaction: true).
            """,
            await RefusalAsync(context)
        );
    }

    [Fact]
    public async Task Session_reset_that_would_give_the_runs_lock_away()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new ResettingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260101000000_OnlyMakes");

        Assert.Equal(
            """
            20260102000000_Unlocks gives back all locks of its session, and with them the one by which this run keeps others out: two runs could then change the database at once.

              1 | SELECT 1;
              2 | SELECT pg_advisory_unlock_all();
                         ^

            State: nothing was changed.
            To do: remove it, and build again. A lock of the migration's own: pg_advisory_xact_lock, which ends with the transaction. A setting of its own: SET LOCAL.
            """,
            await RefusalAsync(context, "20260102000000_Unlocks")
        );
        await ExecuteAsync(
            database.ConnectionString,
            """INSERT INTO migrations."__EFMigrationsHistory" VALUES ('20260102000000_Unlocks', '10.0.0')"""
        );
        Assert.Contains("  1 | DISCARD ALL;\n      ^\n", await RefusalAsync(context), StringComparison.Ordinal);
    }

    private sealed class ResettingContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(ResettingContext))]
        [Migration("20260101000000_OnlyMakes")]
        public sealed class OnlyMakes : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(
                    "CREATE FUNCTION reset() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'; DISCARD PLANS;"
                );
        }

        [DbContext(typeof(ResettingContext))]
        [Migration("20260102000000_Unlocks")]
        public sealed class Unlocks : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("SELECT 1;\nSELECT pg_advisory_unlock_all();");
        }

        [DbContext(typeof(ResettingContext))]
        [Migration("20260103000000_Discards")]
        public sealed class Discards : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("DISCARD ALL;", suppressTransaction: true);
        }
    }

    [Fact]
    public async Task Target_that_does_not_exist()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);

        Assert.Equal(
            """
            There is no migration "Autor" in MigrationSafety.TestMigrations.

            State: nothing was changed.
            To do: did you mean Author? The newest are: 20260103000000_Words, 20260102000000_Author, 20260101000000_Notes; 0 reverts all.
            """,
            await RefusalAsync(context, "Autor")
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task Target_that_is_empty(string target)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);

        Assert.Equal(
            """
            The migration to go to is an empty text, as a variable gives that is not set ("$TARGET"). EF Core takes that for the newest migration, which is the wrong way for whoever wanted to go back.

            State: nothing was changed.
            To do: name the migration to go to. To apply all, leave the argument out altogether. The newest are: 20260103000000_Words, 20260102000000_Author, 20260101000000_Notes; 0 reverts all.
            """,
            await RefusalAsync(context, target)
        );
    }

    [Fact]
    public async Task Transaction_of_the_callers()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await using var transaction = await context.Database.BeginTransactionAsync(
            TestContext.Current.CancellationToken
        );

        Assert.StartsWith(
            "Migrations were started inside a transaction of the caller's.",
            await RefusalAsync(context),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        true,
        "The context configures UseSeeding without UseAsyncSeeding, which MigrateAsync() would call after the migrations."
    )]
    [InlineData(
        false,
        "The context configures UseAsyncSeeding without UseSeeding, which bundles, dotnet ef and Migrate() would call after the migrations."
    )]
    public async Task Seeding_that_the_path_taken_lacks(bool async, string message)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString)
        {
            Further = o => _ = async ? o.UseSeeding((_, _) => { }) : o.UseAsyncSeeding((_, _, _) => Task.CompletedTask),
        };

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));
        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);

        await Run.MigrateAsync(context, !async);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("20260101000000_None")]
    public async Task Pending_model_changes_also_when_a_target_is_named(string? target)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new ChangedContext(database.ConnectionString);

        Assert.Equal(
            """
            The model of ChangedContext has changes that no migration holds: the code would expect a schema that the database does not get.

            State: nothing was changed.
            To do: write the migration, then build again: dotnet ef migrations add <Name>
            """,
            await RefusalAsync(context, target)
        );
    }

    [Fact]
    public async Task Migration_without_a_Down()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new IrreversibleContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);

        Assert.Equal(
            """
            20260101000000_OneWay cannot be reverted: The 'Down' method for this migration has not been implemented. Both the 'Up' and 'Down' methods must be implemented to support reverting migrations.

            State: nothing was changed.
            To do: go no further back than to 20260101000000_OneWay, restore a backup, or write its Down and build again.
            """,
            await RefusalAsync(context, "0")
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Seeding_that_fails_leaves_the_migrations_applied_and_says_so(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString)
        {
            Further = o =>
                o.UseSeeding((_, _) => throw new InvalidOperationException("no such person"))
                    .UseAsyncSeeding((_, _, _) => throw new InvalidOperationException("no such person")),
        };

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal(
            """
            The migrations are applied, but the seeding after them failed: no such person

            State: Applied in this run: 20260101000000_Notes, 20260102000000_Author, 20260103000000_Words.
            To do: correct UseSeeding or the data it meets, then run again: seeding runs each time.
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task Condition_of_the_projects_own()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.RefuseWhen(_ => null).RefuseWhen(c => new Failure("Ours", $"Not while {c.State}.", null, "wait."))
        );

        Assert.Equal("Not while Open.\n\nState: nothing was changed.\nTo do: wait.", await RefusalAsync(context));
    }

    private sealed class IrreversibleContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(IrreversibleContext))]
        [Migration("20260101000000_OneWay")]
        public sealed class OneWay : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT 1;");
        }
    }

    private sealed class CommittingContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(CommittingContext))]
        [Migration("20260101000000_Commits")]
        public sealed class Commits : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("-- BEGIN is only a comment here\nCREATE TABLE halves (id int);\nCOMMIT;");
        }
    }

    private sealed class ChangedContext(string connectionString) : TestsContext(connectionString)
    {
        public DbSet<Thing> Things => Set<Thing>();

        public sealed class Thing
        {
            public int Id { get; set; }
        }

        [DbContext(typeof(ChangedContext))]
        [Migration("20260101000000_None")]
        public sealed class None : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) { }
        }

        [DbContext(typeof(ChangedContext))]
        public sealed class Snapshot : ModelSnapshot
        {
            protected override void BuildModel(ModelBuilder modelBuilder) { }
        }
    }
}
