namespace LocalPostgres;

/// <summary>The settings of a throw-away server, the same for each <see cref="ServerKind"/>.</summary>
internal static class ThrowAwaySettings
{
    /// <param name="options">The caller's settings win over all others.</param>
    /// <param name="where">Where the server listens.</param>
    public static Dictionary<string, string> With(
        ThrowAwayServerOptions options,
        IReadOnlyDictionary<string, string> where
    )
    {
        var settings = new Dictionary<string, string>(where)
        {
            // A suite opens a pool for each of its databases.
            ["max_connections"] = "200",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        if (!options.Durable)
        {
            // Only a crash of the machine could lose or tear anything, and then the server is gone as well. Commits stay
            // synchronous: tests that crash the server count on what was committed.
            settings["fsync"] = "off";
            settings["full_page_writes"] = "off";
        }
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        return settings;
    }
}
