using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Statements;

namespace MigrationSafety.Rewriting;

/// <summary>
/// Fills the NULLs of a column with its default, a few pages at a time, each portion committed: a writer waits for a portion and not for
/// all, and after a crash the rest is still NULL.
/// </summary>
internal static class Backfill
{
    private const int Rounds = 100;
    private const int FirstRounds = 3;

    /// <param name="scope">Quotes names.</param>
    /// <param name="schema">The table's schema.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">The column; its default is set already.</param>
    /// <param name="firesTriggers">
    /// Whether the form that EF Core writes would fire the table's triggers: its UPDATE does, a table written anew does not.
    /// </param>
    /// <param name="mustEnd">
    /// Whether no NULL may be left. Else it is a first pass: as long as nothing forbids them, others may write NULLs faster than they are found.
    /// </param>
    public static SqlOperation WithDefault(
        RewriteScope scope,
        string? schema,
        string table,
        string column,
        bool firesTriggers,
        bool mustEnd = true
    )
    {
        var (t, c) = (SqlLiteral.Of(scope.Quoted(table, schema)), SqlLiteral.Of(column));
        var end = mustEnd
            ? $"""
                RAISE EXCEPTION 'column % of % still holds NULLs after {Rounds} rounds', {c}, {t}
                        USING HINT = 'A session writes NULLs all the while, or keeps rows locked, or a trigger sets the column to NULL.';
                """
            : "RETURN;";
        // Rows that somebody holds are passed over and met again: waiting for them would make others wait for ours. Pages are read once a
        // round; a row that moved behind us meanwhile is found by the look at the whole table with which the next round begins.
        var body = $"""
            DECLARE
                part regclass;
                parts regclass[] := ARRAY(
                    WITH RECURSIVE family AS (
                        SELECT {t}::regclass::oid AS id
                        UNION ALL
                        SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.id
                    )
                    SELECT c.oid::regclass FROM family f JOIN pg_class c ON c.oid = f.id WHERE c.relkind = 'r'
                );
                triggers text := {(
                firesTriggers
                    ? "'origin'"
                    : "CASE WHEN has_parameter_privilege('session_replication_role', 'SET') THEN 'replica' ELSE 'origin' END"
            )};
                page bigint;
                pages bigint;
                portion bigint := 16;
                started timestamptz;
                took interval;
                remains boolean;
            BEGIN
                FOR round IN 1..{(mustEnd ? Rounds : FirstRounds)} LOOP
                    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I IS NULL)', {t}::regclass, {c}) INTO remains;
                    COMMIT;
                    IF NOT remains THEN
                        RETURN;
                    END IF;
                    IF round > 1 THEN
                        PERFORM pg_sleep(least(round * 0.05, 5));
                    END IF;
                    FOREACH part IN ARRAY parts LOOP
                        page := 0;
                        pages := pg_relation_size(part) / current_setting('block_size')::bigint;
                        WHILE page < pages LOOP
                            started := clock_timestamp();
                            PERFORM set_config('row_security', 'off', true);
                            IF triggers <> 'origin' THEN
                                PERFORM set_config('session_replication_role', triggers, true);
                            END IF;
                            EXECUTE format(
                                'UPDATE ONLY %1$s SET %2$I = DEFAULT WHERE ctid = ANY (ARRAY('
                                    'SELECT ctid FROM ONLY %1$s WHERE ctid >= %3$L::tid AND ctid < %4$L::tid AND %2$I IS NULL '
                                    'FOR NO KEY UPDATE SKIP LOCKED))',
                                part, {c}, format('(%s,0)', page), format('(%s,0)', page + portion)
                            );
                            COMMIT;
                            page := page + portion;
                            took := clock_timestamp() - started;
                            portion := CASE WHEN took < interval '20 ms' THEN least(portion * 2, 4096)
                                            WHEN took > interval '80 ms' THEN greatest(portion / 2, 1)
                                            ELSE portion END;
                        END LOOP;
                    END LOOP;
                END LOOP;
                {end}
            END
            """;
        var tag = "$backfill$";
        while (body.Contains(tag, StringComparison.Ordinal))
        {
            tag = tag.Insert(tag.Length - 1, "_");
        }

        return OnlineSql.Alone($"DO {tag}\n{body}\n{tag};", "fills rows in portions, each committed");
    }
}
