using Npgsql;

namespace LocalPostgres.Tests;

/// <summary>One statement on a connection of its own; its first value.</summary>
internal static class Query
{
    public static async Task<object?> OneAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
