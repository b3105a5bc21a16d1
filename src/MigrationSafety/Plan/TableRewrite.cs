using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Plan;

/// <summary>Whether a statement writes its whole table anew, for as long as which it needs the table's size on the disk once more.</summary>
/// <remarks>
/// Of ALTER TABLE the text does not say it: varchar(20) to text is a word in a catalog, integer to bigint a new table. So PostgreSQL is
/// asked, with the same statement on an empty copy in a transaction that is rolled back: a table that was written anew has another file.
/// </remarks>
internal static class TableRewrite
{
    public static async ValueTask<bool> IsOneAsync(Session session, SqlStatement statement) =>
        statement.Tokens switch
        {
            ["CLUSTER" or "REINDEX", ..] or ["REFRESH", "MATERIALIZED", ..] => true,
            ["VACUUM", ..] => statement.Tokens.Contains("FULL"),
            ["ALTER", "TABLE", ..] when Words(statement) is var words => words.Overlaps([
                "LOGGED",
                "UNLOGGED",
                "TABLESPACE",
            ])
                || words.IsSupersetOf(["SET", "ACCESS", "METHOD"])
                || words.Overlaps(["TYPE", "DEFAULT", "GENERATED", "SERIAL", "BIGSERIAL", "SMALLSERIAL"])
                    && await OfEmptyCopyAsync(session, statement, words.Contains("TYPE")).ConfigureAwait(false),
            _ => false,
        };

    private static HashSet<string> Words(SqlStatement statement)
    {
        var words = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var reader = new TokenReader(statement.Text); reader.Peek().Length > 0; )
        {
            words.Add(reader.Next());
        }

        return words;
    }

    private static async ValueTask<bool> OfEmptyCopyAsync(Session session, SqlStatement statement, bool otherwise)
    {
        const string Copy = "pg_temp.migration_safety_copy";
        var (before, table, after) = Split(statement.Text);
        await session.BeginAsync().ConfigureAwait(false);
        try
        {
            await session
                .ExecuteAsync(
                    $"SET LOCAL lock_timeout = '2s'; CREATE TEMPORARY TABLE migration_safety_copy (LIKE {table} INCLUDING ALL)"
                )
                .ConfigureAwait(false);
            var was = await FileAsync().ConfigureAwait(false);
            await session.ExecuteAsync(before + Copy + after).ConfigureAwait(false);
            return was != await FileAsync().ConfigureAwait(false);
        }
        catch (PostgresException e) when (!LostConnection.Is(e))
        {
            // It needs what another statement of the plan makes first, or may not be done to a copy.
            return otherwise;
        }
        finally
        {
            await session.RollbackAsync().ConfigureAwait(false);
        }

        ValueTask<uint> FileAsync() =>
            session.ScalarAsync<uint>("SELECT pg_relation_filenode($1::text::regclass)", Copy);
    }

    private static (string Before, string Table, string After) Split(string sql)
    {
        var reader = new TokenReader(sql);
        reader.Take("ALTER");
        reader.Take("TABLE");
        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }

        reader.Take("ONLY");
        var start = reader.Position;
        reader.Next();
        while (reader.Take("."))
        {
            reader.Next();
        }

        return (sql[..start] + " ", sql[start..reader.Position].Trim(), sql[reader.Position..]);
    }
}
