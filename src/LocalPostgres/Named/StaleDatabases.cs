using LocalPostgres.Choosing;
using Npgsql;

namespace LocalPostgres.Named;

/// <summary>
/// Drops databases that tests of this machine left on a named server when they were killed. Each of ours carries its
/// process's mark as its comment; what has none is not ours.
/// </summary>
internal static class StaleDatabases
{
    public static async Task SweepAsync(NpgsqlConnectionStringBuilder where, CancellationToken cancellationToken)
    {
        await using var server = NpgsqlDataSource.Create(where);
        var stale = new List<string>();
        await using (
            var command = server.CreateCommand(
                """
                SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database
                WHERE datname LIKE 'test\_%' AND shobj_description(oid, 'pg_database') IS NOT NULL
                """
            )
        )
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                if (ProcessMark.Parse(reader.GetString(1)) is { HasGone: true })
                    stale.Add(reader.GetString(0));
            }
        }
        foreach (var name in stale)
        {
            await using var drop = server.CreateCommand($"""DROP DATABASE IF EXISTS "{name}" WITH (FORCE)""");
            await drop.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Writes this process's mark on a database.</summary>
    public static string MarkCommand(string database) =>
        $"""COMMENT ON DATABASE "{database}" IS '{ProcessMark.OfThisProcess}'""";
}
