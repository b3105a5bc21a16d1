using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// What a migration's SET, SET ROLE or set_config changes in the session lasts until the migration is over, and no longer: neither the
/// next migration nor what is written down may run under another role or search_path.
/// </summary>
/// <remarks>
/// Not until the end of a transaction: the author wrote one script, and does not see how many transactions it becomes. So where a run goes
/// on in the middle of a migration, the SETs before that place are repeated.
/// </remarks>
internal sealed class SessionSettings
{
    // role and session_authorization are not shown in pg_settings; nor is a setting of somebody's own (app.tenant), so those are named.
    private const string Read = """
        SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser') AND name NOT LIKE 'transaction\_%'
            AND name NOT IN ('session_authorization', 'role')
        UNION ALL
        SELECT name, current_setting(name, true) FROM unnest('{session_authorization,role}'::text[] || $1) AS name
        """;

    private readonly string[] _custom;
    private readonly IReadOnlyList<KeyValuePair<string, string?>> _before;

    private SessionSettings(string[] custom, IReadOnlyList<KeyValuePair<string, string?>> before) =>
        (_custom, _before) = (custom, before);

    /// <summary>Whether a migration holds a statement that may change settings; to compare them costs two round trips.</summary>
    public static bool MayBeChangedBy(PlannedMigration migration) =>
        migration
            .StatementsFrom(0)
            .Any(s => s.Tokens is ["SET" or "RESET" or "DISCARD" or "DO" or "CALL" or "SELECT" or "WITH", ..]);

    public static async ValueTask<SessionSettings> ReadAsync(Session session, PlannedMigration migration)
    {
        string[] custom =
        [
            .. migration
                .StatementsFrom(0)
                .Select(CustomName)
                .OfType<string>()
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
        return new SessionSettings(custom, await NowAsync(session, custom).ConfigureAwait(false));
    }

    /// <summary>Repeats the SETs of the commands that an earlier session has run.</summary>
    public async ValueTask RepeatAsync(Session session, PlannedMigration migration, int committed)
    {
        for (var command = 0; command < committed; command++)
        {
            foreach (var statement in migration.StatementsOf(command).Where(LastsForTheSession))
            {
                await session.ExecuteAsync(statement.Text).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// For the rest of the open transaction: history and journal are written by the role that the run connected as, and found where it
    /// finds them.
    /// </summary>
    public ValueTask HoldForRecordsAsync(Session session) =>
        session.ExecuteAsync(
            "SELECT set_config('session_authorization', $1, true), set_config('role', $2, true), set_config('search_path', $3, true)",
            Before("session_authorization"),
            Before("role"),
            Before("search_path")
        );

    /// <summary>Sets all to what it was before, and says what was changed.</summary>
    public async ValueTask<IReadOnlyList<string>> PutBackAsync(Session session)
    {
        var now = (await NowAsync(session, _custom).ConfigureAwait(false)).ToDictionary();
        // Another role may not see all of them. The two that decide what may be set come first.
        var changed = _before
            .Where(setting => now.TryGetValue(setting.Key, out var value) && value != setting.Value)
            .OrderBy(setting =>
                setting.Key is "session_authorization" ? 0
                : setting.Key is "role" ? 1
                : 2
            )
            .ToList();
        if (changed.Count > 0)
        {
            await session
                .ExecuteAsync(
                    "SELECT set_config(name, value, false) FROM unnest($1, $2) AS setting (name, value)",
                    changed.Select(setting => setting.Key).ToArray(),
                    changed.Select(setting => setting.Value ?? "").ToArray()
                )
                .ConfigureAwait(false);
        }

        return [.. changed.Select(setting => setting.Key)];
    }

    /// <summary>The same after a failure, as far as it goes: the session may be the caller's own.</summary>
    public async ValueTask CleanUpAsync(Session session)
    {
        try
        {
            await PutBackAsync(session).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or OperationCanceledException)
        {
            // What made the run fail is already on its way to the reader.
        }
    }

    private static ValueTask<IReadOnlyList<KeyValuePair<string, string?>>> NowAsync(Session session, string[] custom) =>
        session.QueryAsync(
            Read,
            r => KeyValuePair.Create(r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)),
            [custom]
        );

    private string? Before(string name) => _before.First(setting => setting.Key == name).Value;

    private static bool LastsForTheSession(SqlStatement statement) =>
        statement.Tokens
            is ["RESET", ..]
                or ["SET", not ("LOCAL" or "TRANSACTION" or "CONSTRAINTS"), ..]
                or ["SELECT", "SET_CONFIG", ..]
                or ["SELECT", "PG_CATALOG", ".", "SET_CONFIG", ..];

    private static string? CustomName(SqlStatement statement) =>
        statement.Tokens switch
        {
            ["SET", "LOCAL" or "SESSION", var group, ".", var name, ..] => Named(group, name),
            ["SET" or "RESET", var group, ".", var name, ..] => Named(group, name),
            _ => null,
        };

    private static string Named(string group, string name) =>
        (group.Trim('"') + "." + name.Trim('"')).ToLowerInvariant();
}
