using MigrationSafety.Hazards;
using Xunit;

namespace MigrationSafety.Tests.Hazards;

public sealed class HazardReviewTests
{
    private const string Users = "CREATE TABLE users (id bigint PRIMARY KEY, email text);";
    private const string BlockingIndex = "CREATE INDEX users_email_idx ON users (email);";

    [Fact]
    public void A_finding_names_the_place()
    {
        var finding = Assert.Single(
            Reviewing.File(Users, "SELECT 1;\n\n-- why\nCREATE INDEX users_email_idx\n  ON users (email);").Findings
        );
        Assert.Equal(
            new FindingPlace(null, null, "change.sql", 4, "CREATE INDEX users_email_idx ON users (email)"),
            finding.Where
        );
        Assert.Equal("users", finding.Object);
        Assert.Equal("-- accept: index-not-concurrent (why it is no danger here)", finding.Accept);
    }

    [Fact]
    public void A_finding_in_a_migration_says_how_to_accept_it_there()
    {
        var report = new HazardReview().Review([Reviewing.Migration("1_A", BlockingIndex)]);
        Assert.Equal(
            """[AcceptHazard("index-not-concurrent", "why it is no danger here", On = "users")]""",
            Assert.Single(report.Findings).Accept
        );
    }

    [Fact]
    public void A_comment_accepts_with_a_reason()
    {
        var report = Reviewing.File(Users, "-- accept: index-not-concurrent (a table of ten rows)\n" + BlockingIndex);
        Assert.Empty(report.Findings);
        Assert.Empty(report.Unmatched);
        Assert.Equal("a table of ten rows", Assert.Single(report.Accepted).Reason);
    }

    [Theory]
    [InlineData("-- accept: index-not-concurrent\nCREATE INDEX users_email_idx ON users (email);", "with a reason", 1)]
    [InlineData(
        "-- accept: set-not-null-scans (because)\nSELECT 1;",
        "Nothing here has the hazard set-not-null-scans",
        0
    )]
    [InlineData("-- accept: index-not-concurent (because)\nSELECT 1;", "no hazard with the id index-not-concurent", 0)]
    public void An_acceptance_that_accepts_nothing_is_told(string sql, string why, int findings)
    {
        var report = Reviewing.File(Users, sql);
        Assert.Equal(findings, report.Findings.Count);
        var unmatched = Assert.Single(report.Unmatched);
        Assert.Contains(why, unmatched.Why);
        Assert.Equal(1, unmatched.Where.Line);
    }

    [Fact]
    public void A_migration_accepts_by_attribute_for_one_table()
    {
        var review = new HazardReview();
        review.AddSchema(Users + "CREATE TABLE pets (id bigint PRIMARY KEY, name text);");
        var script = Reviewing.Migration("1_A", BlockingIndex, "CREATE INDEX pets_name_idx ON pets (name);") with
        {
            Accepted =
            [
                new AcceptedHazard("index-not-concurrent", "small", "public.pets"),
                new AcceptedHazard("index-not-concurrent", "gone", "dogs"),
            ],
        };
        var report = review.Review([script]);
        Assert.Equal("users", Assert.Single(report.Findings).Object);
        Assert.Equal("pets", Assert.Single(report.Accepted).Finding.Object);
        Assert.Equal("index-not-concurrent", Assert.Single(report.Unmatched).Hazard);
    }

    [Fact]
    public void An_attribute_for_the_down_alone_matches()
    {
        var up = Reviewing.Migration("1_A", "DROP INDEX CONCURRENTLY users_email_idx;") with
        {
            Commands = [new HazardCommand("DROP INDEX CONCURRENTLY users_email_idx;") { TransactionSuppressed = true }],
            Accepted = [new AcceptedHazard("index-not-concurrent", "small")],
        };
        var down = up with { Direction = "Down", Commands = [new HazardCommand(BlockingIndex)] };
        var report = new HazardReview().Review([up, down]);
        Assert.Empty(report.Findings);
        Assert.Empty(report.Unmatched);
        Assert.Single(report.Accepted);
    }

    [Fact]
    public void What_a_migration_makes_is_forgiven_in_it_and_no_longer_in_the_next()
    {
        var report = new HazardReview().Review([
            Reviewing.Migration("1_A", Users, BlockingIndex),
            Reviewing.Migration("2_B", "CREATE INDEX again ON users (lower(email));"),
        ]);
        Assert.Equal("2_B", Assert.Single(report.Findings).Where.Migration);
    }

    [Fact]
    public void A_down_sees_what_its_up_made_and_the_next_migration_does_not_see_the_down()
    {
        var report = new HazardReview().Review([
            Reviewing.Migration("1_A", Users),
            Reviewing.Migration("1_A", "CREATE INDEX x ON users (email);") with
            {
                Direction = "Down",
            },
            Reviewing.Migration("2_B", "ALTER TABLE users ALTER COLUMN id SET NOT NULL;"),
        ]);
        Assert.Equal("Down", Assert.Single(report.Findings).Where.Direction);
    }

    [Fact]
    public void History_is_read_and_nothing_is_said_of_it()
    {
        var report = new HazardReview().Review([
            Reviewing.Migration("1_A", Users, "CREATE TABLE pets (id bigint);", BlockingIndex) with
            {
                IsHistory = true,
            },
        ]);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void A_script_of_several_migrations_is_divided_at_the_rows_of_the_history()
    {
        var ids = Reviewing.Ids(
            "",
            """
            START TRANSACTION;
            DO $EF$
            BEGIN
                IF NOT EXISTS(SELECT 1 FROM "__EFMigrationsHistory" WHERE "MigrationId" = '1_A') THEN
                CREATE TABLE users (id bigint PRIMARY KEY, email text);
                END IF;
            END $EF$;
            DO $EF$
            BEGIN
                IF NOT EXISTS(SELECT 1 FROM "__EFMigrationsHistory" WHERE "MigrationId" = '1_A') THEN
                INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
                VALUES ('1_A', '10.0.0');
                END IF;
            END $EF$;
            COMMIT;
            DO $EF$
            BEGIN
                IF NOT EXISTS(SELECT 1 FROM "__EFMigrationsHistory" WHERE "MigrationId" = '2_B') THEN
                CREATE INDEX users_email_idx ON users (email);
                END IF;
            END $EF$;
            """
        );
        Assert.Equal(["index-not-concurrent"], ids);
    }

    [Fact]
    public void A_statement_that_cannot_be_read_is_named_and_the_next_one_is_checked()
    {
        var report = Reviewing.File(Users, "FROBNICATE users;\nALTER TABLE users FROBNICATE;\n" + BlockingIndex);
        Assert.Equal([1, 2], report.NotRead.Select(u => u.Where.Line));
        Assert.Single(report.Findings);
    }

    /// <summary>What EF Core writes as the Down of a harmless Up.</summary>
    [Theory]
    [InlineData("ALTER TABLE users ADD COLUMN phone text;", "ALTER TABLE users DROP COLUMN phone;")]
    [InlineData("CREATE TABLE app.pets (id bigint PRIMARY KEY);", "DROP TABLE app.pets;")]
    [InlineData("CREATE SCHEMA pets;", "DROP SCHEMA pets;")]
    [InlineData(
        "ALTER TABLE users ALTER COLUMN email TYPE text;",
        "ALTER TABLE users ALTER COLUMN email TYPE varchar(100);"
    )]
    [InlineData(
        "ALTER TABLE users ALTER COLUMN nickname DROP NOT NULL;",
        "UPDATE users SET nickname = '' WHERE nickname IS NULL;\nALTER TABLE users ALTER COLUMN nickname SET NOT NULL;\nALTER TABLE users ALTER COLUMN nickname SET DEFAULT '';"
    )]
    public void A_down_that_takes_back_a_harmless_up_is_harmless(string up, string down)
    {
        var review = new HazardReview();
        review.AddSchema("CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100), nickname text NOT NULL);");
        var report = review.Review([
            Reviewing.Migration("1_A", up),
            Reviewing.Migration("1_A", down) with
            {
                Direction = "Down",
            },
        ]);
        Assert.Empty(report.Findings.Select(f => f.Hazard));
    }

    [Theory]
    [InlineData(
        "CREATE INDEX CONCURRENTLY x ON users (email);",
        "CREATE INDEX y ON users (name);",
        "index-not-concurrent"
    )]
    [InlineData("SELECT 1;", "DROP TABLE users;", "down-loses-data")]
    [InlineData("SELECT 1;", "TRUNCATE users;", "truncate-table")]
    [InlineData("SELECT 1;", "DELETE FROM users;", "delete-without-where")]
    [InlineData(
        "ALTER TABLE users DROP COLUMN name;",
        "ALTER TABLE users ADD COLUMN name text NOT NULL;",
        "required-column-without-default"
    )]
    public void A_down_is_looked_at(string up, string down, string hazard)
    {
        var review = new HazardReview();
        review.AddSchema("CREATE TABLE users (id bigint PRIMARY KEY, email text, name text);");
        var report = review.Review([
            Reviewing.Migration("1_A", up),
            Reviewing.Migration("1_A", down) with
            {
                Direction = "Down",
            },
        ]);
        Assert.Contains(hazard, report.Findings.Where(f => f.Where.Direction == "Down").Select(f => f.Hazard));
    }

    [Fact]
    public void Downs_behind_history_are_what_is_going_to_run()
    {
        var review = new HazardReview();
        var ups = new[]
        {
            Reviewing.Migration("1_A", Users),
            Reviewing.Migration("2_B", "ALTER TABLE users ADD COLUMN name text;"),
        };
        var report = review.Review([
            .. ups.Select(u => u with { IsHistory = true }),
            Reviewing.Migration("2_B", "ALTER TABLE users DROP COLUMN name;") with
            {
                Direction = "Down",
            },
            Reviewing.Migration("1_A", "CREATE INDEX x ON users (email);", "DROP TABLE users;") with
            {
                Direction = "Down",
            },
        ]);
        Assert.Equal("index-not-concurrent", Assert.Single(report.Findings).Hazard);
    }

    [Fact]
    public void A_suppressed_command_of_several_statements_shares_a_transaction()
    {
        var script = Reviewing.Migration("1_A") with
        {
            Commands =
            [
                new HazardCommand("SELECT 1; CREATE INDEX CONCURRENTLY x ON users (email);")
                {
                    TransactionSuppressed = true,
                },
            ],
        };
        Assert.Equal("concurrently-in-transaction", Assert.Single(new HazardReview().Review([script]).Findings).Hazard);
    }

    [Fact]
    public void Suppressed_commands_divide_the_transaction_of_a_migration()
    {
        var script = Reviewing.Migration("1_A") with
        {
            Commands =
            [
                new HazardCommand("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID;"),
                new HazardCommand("SELECT 1;") { TransactionSuppressed = true },
                new HazardCommand("ALTER TABLE users VALIDATE CONSTRAINT c;"),
            ],
        };
        Assert.Empty(new HazardReview().Review([script]).Findings);
        var together = script with { Commands = [script.Commands[0], script.Commands[2]] };
        Assert.Equal("validate-with-not-valid", Assert.Single(new HazardReview().Review([together]).Findings).Hazard);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("-- migrate:up\n", 1)]
    [InlineData("-- migrate:up transaction:false\n", 0)]
    [InlineData("-- +goose Up\n", 1)]
    [InlineData("-- +goose NO TRANSACTION\n-- +goose Up\n", 0)]
    public void A_file_that_its_tool_wraps_in_a_transaction_is_one(string mark, int findings) =>
        Assert.Equal(
            Enumerable.Repeat("concurrently-in-transaction", findings),
            Reviewing.Ids(Users, mark + "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);")
        );

    /// <summary>A block that fills a table in portions, alone outside of the transaction, and the same inside one.</summary>
    // The rails finish a detachment that was broken off, and know by their journal that it is done.
    [Theory]
    [InlineData("ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY", false)]
    [InlineData("CREATE DATABASE other", true)]
    public void What_the_rails_can_repeat_may_stand_before_other_commands(string sql, bool isFound)
    {
        var script = Reviewing.Migration("1_A") with
        {
            Commands =
            [
                new HazardCommand(sql) { TransactionSuppressed = true },
                new HazardCommand("COMMENT ON TABLE events IS 'from 2021 on'"),
            ],
        };

        Assert.Equal(
            isFound,
            new HazardReview().Review([script]).Findings.Any(f => f.Hazard == "suppressed-not-repeatable")
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_block_may_commit_its_portions_outside_of_a_transaction(bool suppressed)
    {
        var script = Reviewing.Migration("1_A") with
        {
            Commands =
            [
                new HazardCommand("ALTER TABLE users ADD COLUMN domain text;"),
                new HazardCommand(
                    """
                    DO $$
                    BEGIN
                        FOR page IN 0..100 LOOP
                            EXECUTE format(
                                'UPDATE ONLY %1$s SET %2$I = DEFAULT WHERE ctid = ANY (ARRAY('
                                    'SELECT ctid FROM ONLY %1$s WHERE %2$I IS NULL FOR NO KEY UPDATE SKIP LOCKED))',
                                'users', 'domain'
                            );
                            COMMIT;
                        END LOOP;
                    END $$;
                    """
                )
                {
                    TransactionSuppressed = suppressed,
                },
            ],
        };
        Assert.Equal(
            suppressed ? Array.Empty<string>() : ["transaction-control-in-migration"],
            new HazardReview().Review([script]).Findings.Select(f => f.Hazard)
        );
    }

    [Fact]
    public void A_renamed_table_is_one_table_of_a_transaction()
    {
        const string two = "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY);";
        const string renamed =
            "BEGIN;ALTER TABLE a RENAME TO c;ALTER TABLE c ADD COLUMN note text;ALTER TABLE b ADD COLUMN note text;";
        Assert.DoesNotContain(
            Reviewing.File(two, renamed + "COMMIT;").Findings,
            finding => finding.Hazard == "many-tables-in-one-transaction"
        );
        Assert.Contains(
            Reviewing
                .File(
                    two + "CREATE TABLE d (id bigint PRIMARY KEY);",
                    renamed + "ALTER TABLE d ADD COLUMN note text;COMMIT;"
                )
                .Findings,
            finding =>
                finding.Hazard == "many-tables-in-one-transaction"
                && finding.What.Contains("3 tables", StringComparison.Ordinal)
        );
    }
}
