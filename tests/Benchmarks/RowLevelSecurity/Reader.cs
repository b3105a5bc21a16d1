using Npgsql;

namespace Benchmarks.RowLevelSecurity;

/// <summary>A session that reads with one role's rights.</summary>
internal sealed class Reader : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private NpgsqlCommand? _command;

    private Reader(NpgsqlConnection connection) => _connection = connection;

    /// <param name="connectionString">As superuser, which row-level security does not limit.</param>
    /// <param name="role">Whose rights to read with; null for the superuser's own.</param>
    public static async Task<Reader> OpenAsync(string connectionString, string? role)
    {
        // No pool: a pooled session is reset between uses.
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        await using var set = new NpgsqlCommand("SELECT set_config('role', coalesce($1, 'none'), false)", connection)
        {
            Parameters =
            {
                new() { Value = (object?)role ?? DBNull.Value, DataTypeName = "text" },
            },
        };
        await set.ExecuteNonQueryAsync();
        return new Reader(connection);
    }

    /// <summary>Becomes a user, as a request's transaction does.</summary>
    public async Task BecomeAsync(string userId)
    {
        await using var set = new NpgsqlCommand("SELECT set_config('app.user_id', $1, false)", _connection)
        {
            Parameters = { new() { Value = userId } },
        };
        await set.ExecuteNonQueryAsync();
    }

    /// <summary>Chooses what is read, and how: planned each time, or prepared.</summary>
    /// <param name="sql">With <c>$1</c> for the user where it needs one.</param>
    /// <param name="prepared">Whether the server keeps the statement.</param>
    public async Task UseAsync(string sql, bool prepared)
    {
        if (_command is not null)
        {
            await _command.DisposeAsync();
        }

        _command = new NpgsqlCommand(sql, _connection) { CommandTimeout = 0 };
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            _command.Parameters.Add(new NpgsqlParameter<string>());
        }

        if (prepared)
        {
            if (_command.Parameters.Count > 0)
            {
                _command.Parameters[0].Value = "";
            }

            await _command.PrepareAsync();
        }
    }

    /// <summary>Reads every row; returns how many.</summary>
    public async Task<long> ReadAsync(string userId)
    {
        if (_command!.Parameters.Count > 0)
        {
            _command.Parameters[0].Value = userId;
        }

        var rows = 0L;
        await using var reader = await _command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows++;
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (_command is not null)
        {
            await _command.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }
}
