namespace MigrationSafety.Guards;

/// <summary>The database holds migrations that this code does not know: it was migrated by a newer release, or one was removed.</summary>
internal sealed class DatabaseAheadGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        var newestInCode = context.Assembly.Migrations.Keys.Max(StringComparer.OrdinalIgnoreCase);
        var unknown = context.Plan.Applied.Where(id => !context.Assembly.Migrations.ContainsKey(id)).ToList();
        var ahead = unknown
            .Where(id =>
                newestInCode is null || string.Compare(id, newestInCode, StringComparison.OrdinalIgnoreCase) > 0
            )
            .ToList();
        var missing = unknown.Except(ahead).ToList();
        Failure? failure = null;
        if (missing.Count > 0)
        {
            failure = new Failure(
                "MigrationMissing",
                $"The database has had migrations applied that are not in this code: {string.Join(", ", missing)}. "
                    + "They were removed from the code, or were applied from another branch.",
                null,
                "bring them back into the code, or run the code they came from. Squashed migrations: once the schema was verified, delete "
                    + "their rows from EF Core's history table."
            );
        }
        else if (ahead.Count > 0)
        {
            failure = new Failure(
                "DatabaseAhead",
                $"The database is ahead of this code: {string.Join(", ", ahead)} "
                    + $"{(ahead.Count == 1 ? "was" : "were")} applied by a newer release; the newest here is {newestInCode ?? "none"}.",
                null,
                "run the bundle of the newest release. To go back to this release, run the newer bundle with the last migration that this "
                    + $"release knows: efbundle {newestInCode ?? "0"}"
            );
        }

        return ValueTask.FromResult(failure);
    }
}
