using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Execution;

namespace MigrationSafety.Journal;

/// <summary>The rails' own tables, and how they come to be.</summary>
/// <param name="Schema">The schema's name.</param>
/// <param name="Sql">Quotes names.</param>
internal sealed record JournalTables(string Schema, ISqlGenerationHelper Sql)
{
    public const string UnfinishedName = "unfinished_migration";
    public const string AppliedName = "applied_migration";

    /// <summary>Holds a row only while a migration of several transactions is unfinished.</summary>
    public string Unfinished => Sql.DelimitIdentifier(UnfinishedName, Schema);

    /// <summary>Holds a row for each applied migration, with the checksum of its operations.</summary>
    public string Applied => Sql.DelimitIdentifier(AppliedName, Schema);

    public async ValueTask<bool> ExistAsync(Session session) =>
        await session
            .ScalarAsync<bool>(
                "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL",
                Unfinished,
                Applied
            )
            .ConfigureAwait(false);

    /// <summary>Creates what is missing, in the caller's transaction.</summary>
    public async ValueTask CreateAsync(Session session)
    {
        // CREATE SCHEMA IF NOT EXISTS asks for CREATE on the database even where the schema exists.
        if (
            !await session
                .ScalarAsync<bool>("SELECT to_regnamespace($1) IS NOT NULL", Sql.DelimitIdentifier(Schema))
                .ConfigureAwait(false)
        )
        {
            await session.ExecuteAsync($"CREATE SCHEMA {Sql.DelimitIdentifier(Schema)}").ConfigureAwait(false);
        }

        await session
            .ExecuteAsync(
                $"""
                CREATE TABLE IF NOT EXISTS {Unfinished} (
                    history_table text NOT NULL,
                    migration_id text NOT NULL,
                    direction text NOT NULL CHECK (direction IN ('Up', 'Down')),
                    commands_committed integer NOT NULL,
                    commands_committed_hash text NOT NULL,
                    command_count integer NOT NULL,
                    started_at timestamptz NOT NULL DEFAULT now(),
                    recorded_at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (history_table, migration_id)
                );
                CREATE TABLE IF NOT EXISTS {Applied} (
                    history_table text NOT NULL,
                    migration_id text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now(),
                    applied_by text NOT NULL DEFAULT current_user,
                    PRIMARY KEY (history_table, migration_id)
                );
                COMMENT ON TABLE {Unfinished} IS 'Migrations whose commands are committed in part; the next run resumes them.';
                COMMENT ON TABLE {Applied} IS 'Checksums of the applied migrations, to see that none was edited afterwards.';
                """
            )
            .ConfigureAwait(false);
    }
}
