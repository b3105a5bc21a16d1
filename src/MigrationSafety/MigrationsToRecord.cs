using Npgsql;

namespace MigrationSafety;

/// <summary>Migrations whose effect a database has already, to be recorded as applied without being run.</summary>
/// <param name="Ids">Their ids; those that are recorded already are left as they are.</param>
/// <param name="Alongside">
/// What else is written in the same transaction, after the history and the rails' own tables exist; or null.
/// </param>
public sealed record MigrationsToRecord(
    IReadOnlyList<string> Ids,
    Func<NpgsqlConnection, CancellationToken, Task>? Alongside = null
);
