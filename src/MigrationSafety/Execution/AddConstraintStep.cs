using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Statements;

namespace MigrationSafety.Execution;

/// <summary>
/// ADD CONSTRAINT … NOT VALID in a transaction of its own: one that is there already, with the same definition, is kept, so that VALIDATE
/// can follow. The journal knows what the rails themselves have done; this is for what a run without them left half-way.
/// </summary>
internal sealed class AddConstraintStep(string table, string constraint, string definition, ILogger logger)
    : RepeatableStep
{
    public static AddConstraintStep? Parse(SqlStatement statement, ILogger logger)
    {
        var reader = new TokenReader(statement.Text);
        if (!reader.Take("ALTER") || !reader.Take("TABLE"))
        {
            return null;
        }

        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }

        reader.Take("ONLY");
        var table = Name(reader);
        if (!reader.Take("ADD") || !reader.Take("CONSTRAINT"))
        {
            return null;
        }

        var constraint = reader.Next();
        var definition = statement.Text[reader.Position..];
        var (depth, before, last) = (0, "", "");
        while (reader.Peek().Length > 0)
        {
            var token = reader.Next();
            depth +=
                token == "(" ? 1
                : token == ")" ? -1
                : 0;
            // A second action: what is there of it, nobody has looked.
            if (token == "," && depth == 0)
            {
                return null;
            }

            (before, last) = (last, token.ToUpperInvariant());
        }

        return (before, last) is ("NOT", "VALID") ? new AddConstraintStep(table, constraint, definition, logger) : null;
    }

    public override async ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt)
    {
        var found = await session
            .QueryAsync(
                """
                SELECT pg_get_constraintdef(c.oid), r.relnamespace::regnamespace::text
                FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
                WHERE c.conrelid = to_regclass($1) AND c.conname = $2
                """,
                r => (Definition: Bare(r.GetString(0)), Schema: r.GetString(1)),
                table,
                ConcurrentIndex.NameOf(constraint)
            )
            .ConfigureAwait(false);
        if (found is not [var existing])
        {
            return true;
        }

        var wanted = await DefinitionWantedAsync(session, existing.Schema).ConfigureAwait(false);
        if (wanted != existing.Definition)
        {
            throw new MigrationFailedException(
                new Failure(
                    "ConstraintExistsWithOtherDefinition",
                    $"The constraint {constraint} of {table} exists already, with another definition than the migration's.\n\n"
                        + $"  is:     {existing.Definition}\n  wanted: {wanted}",
                    "nothing of this command was done.",
                    $"if the existing constraint is not needed: ALTER TABLE {table} DROP CONSTRAINT {constraint}; then run again. "
                        + "Otherwise give the migration's constraint another name."
                )
            );
        }

        logger.StepAlreadyDone($"Adding the constraint {constraint} to {table}");
        return false;
    }

    public override ValueTask<string?> CleanUpAsync(Session session) => ValueTask.FromResult<string?>(null);

    // PostgreSQL itself writes the definition out: the same constraint on an empty copy of the table, rolled back at once. A foreign key
    // from a temporary table to a permanent one is refused, so the copy is permanent.
    private async ValueTask<string> DefinitionWantedAsync(Session session, string schema)
    {
        var copy = schema + ".migration_safety_copy";
        await session.ExecuteAsync("SAVEPOINT migration_safety").ConfigureAwait(false);
        await session.ExecuteAsync($"CREATE TABLE {copy} (LIKE {table} INCLUDING GENERATED)").ConfigureAwait(false);
        await session
            .ExecuteAsync($"ALTER TABLE {copy} ADD CONSTRAINT {constraint} {definition}")
            .ConfigureAwait(false);
        var wanted = await session
            .ScalarAsync<string>(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2",
                copy,
                ConcurrentIndex.NameOf(constraint)
            )
            .ConfigureAwait(false);
        await session.ExecuteAsync("ROLLBACK TO SAVEPOINT migration_safety").ConfigureAwait(false);
        return Bare(wanted);
    }

    private static string Bare(string definition) =>
        definition.EndsWith(" NOT VALID", StringComparison.Ordinal) ? definition[..^" NOT VALID".Length] : definition;
}
