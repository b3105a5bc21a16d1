using MigrationSafety.Statements;

namespace MigrationSafety.Plan;

/// <summary>The table lock that a statement takes, by PostgreSQL's documentation (chapter "Explicit Locking" and each command's page).</summary>
/// <param name="Mode">PostgreSQL's name of the lock, as pg_locks shows it.</param>
/// <param name="Relation">The relation as written in SQL.</param>
internal sealed record StatementLock(string Mode, string Relation)
{
    /// <summary>All of them: a new table's foreign keys may lead to several tables.</summary>
    public static IEnumerable<StatementLock> AllOf(SqlStatement statement)
    {
        if (statement.Tokens is not ["CREATE", "TABLE", ..])
        {
            return Of(statement) is { } one ? [one] : [];
        }

        // The new table is nobody's yet; those that its foreign keys lead to take no writes until the transaction ends.
        var locks = new List<StatementLock>();
        var reader = new TokenReader(statement.Text);
        while (NameAfter(reader, "REFERENCES") is { Length: > 0 } name)
        {
            locks.Add(new StatementLock(ShareRowExclusive, name));
        }

        return locks.Distinct();
    }

    /// <summary>The one on the table that it names; null where there is none, or where that table is only made.</summary>
    public static StatementLock? Of(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        var concurrently = tokens.Contains("CONCURRENTLY");
        return tokens switch
        {
            ["CREATE", "INDEX", ..] or ["CREATE", "UNIQUE", "INDEX", ..] => On(
                "ON",
                concurrently ? ShareUpdateExclusive : Share
            ),
            ["DROP", "INDEX", ..] => After("INDEX", concurrently ? ShareUpdateExclusive : AccessExclusive),
            ["REINDEX", ..] => Last(concurrently ? ShareUpdateExclusive : AccessExclusive),
            ["ALTER", "TABLE", ..] => After("TABLE", OfAlterTable(tokens)),
            ["DROP", "TABLE", ..] or ["CLUSTER", ..] or ["TRUNCATE", "TABLE", ..] => After(
                tokens.Contains("TABLE") ? "TABLE" : "CLUSTER",
                AccessExclusive
            ),
            ["TRUNCATE", ..] => After("TRUNCATE", AccessExclusive),
            ["CREATE", "POLICY", ..] or ["ALTER", "POLICY", ..] or ["DROP", "POLICY", ..] => On("ON", AccessExclusive),
            ["CREATE", "TRIGGER", ..] or ["CREATE", "OR", "REPLACE", "TRIGGER", ..] => On("ON", ShareRowExclusive),
            ["DROP", "TRIGGER", ..] => On("ON", AccessExclusive),
            ["COMMENT", "ON", "TABLE", ..] => After("TABLE", ShareUpdateExclusive),
            ["REFRESH", "MATERIALIZED", "VIEW", ..] => After("VIEW", concurrently ? Exclusive : AccessExclusive),
            ["VACUUM", ..] => Last(tokens.Contains("FULL") ? AccessExclusive : ShareUpdateExclusive),
            ["INSERT", "INTO", ..] => After("INTO", RowExclusive),
            ["DELETE", "FROM", ..] => After("FROM", RowExclusive),
            ["UPDATE", ..] => After("UPDATE", RowExclusive),
            _ => null,
        };

        StatementLock? On(string word, string mode) => After(word, mode);

        StatementLock? After(string word, string mode) =>
            NameAfter(new TokenReader(statement.Text), word) is { Length: > 0 } name
                ? new StatementLock(mode, name)
                : null;

        StatementLock? Last(string mode) =>
            statement.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, .., var name]
                ? new StatementLock(mode, name)
                : null;
    }

    private const string AccessExclusive = "AccessExclusiveLock";
    private const string Exclusive = "ExclusiveLock";
    private const string ShareRowExclusive = "ShareRowExclusiveLock";
    private const string Share = "ShareLock";
    private const string ShareUpdateExclusive = "ShareUpdateExclusiveLock";
    private const string RowExclusive = "RowExclusiveLock";

    // The strongest of its actions counts, and nearly all are AccessExclusive; the exceptions are worth knowing only alone.
    private static string OfAlterTable(IReadOnlyList<string> tokens) =>
        tokens.Contains(",") ? AccessExclusive
        : tokens.Contains("VALIDATE") ? ShareUpdateExclusive
        : tokens.Contains("ATTACH") ? ShareUpdateExclusive
        : tokens.Contains("DETACH") && tokens.Contains("CONCURRENTLY") ? ShareUpdateExclusive
        : tokens.Contains("ADD") && tokens.Contains("FOREIGN") ? ShareRowExclusive
        : tokens.Contains("STATISTICS") ? ShareUpdateExclusive
        : AccessExclusive;

    private static string NameAfter(TokenReader reader, string word)
    {
        while (!reader.Take(word))
        {
            if (reader.Next().Length == 0)
            {
                return "";
            }
        }

        foreach (var filler in new[] { "CONCURRENTLY", "IF", "NOT", "EXISTS", "ONLY" })
        {
            reader.Take(filler);
        }

        var name = reader.Next();
        while (reader.Take("."))
        {
            name += "." + reader.Next();
        }

        return name;
    }
}
