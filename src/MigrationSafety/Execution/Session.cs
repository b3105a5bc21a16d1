using System.Data;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// The context's own session, used synchronously or asynchronously as the caller of the migrator asked. The only place that knows the
/// difference: in a synchronous run every task returned here is already complete.
/// </summary>
internal sealed class Session(
    IRelationalConnection connection,
    RunningCommand running,
    bool async,
    CancellationToken cancellationToken
)
{
    private volatile bool _waits;

    public bool Async => async;

    /// <summary>Whether a statement is on the server now; may be asked by any thread.</summary>
    public bool Waits => _waits;

    public CancellationToken CancellationToken => cancellationToken;

    public NpgsqlConnection Connection => (NpgsqlConnection)connection.DbConnection;

    public IRelationalConnection Relational => connection;

    public async ValueTask OpenAsync()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (async)
        {
            await connection.OpenAsync(cancellationToken, errorsExpected: true).ConfigureAwait(false);
        }
        else
        {
            connection.Open(errorsExpected: true);
        }
    }

    /// <summary>Closes, also after the session was lost; never throws.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            await RollbackAsync().ConfigureAwait(false);
            if (async)
            {
                await connection.CloseAsync().ConfigureAwait(false);
            }
            else
            {
                connection.Close();
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // The session is gone, which is all that closing was for. What made us close is already on its way to the reader.
        }
    }

    /// <summary>Runs one of the rails' own statements; parameters are $1, $2, ….</summary>
    public ValueTask ExecuteAsync(string sql, params object?[] parameters) =>
        ExecuteAsync(sql, cancellationToken, parameters);

    /// <summary>Runs a statement that cleans up, also after the run was cancelled.</summary>
    public ValueTask CleanUpAsync(string sql) => ExecuteAsync(sql, CancellationToken.None, []);

    /// <summary>The same for what a lost session has given up by itself: its settings, its locks.</summary>
    public async ValueTask GiveUpAsync(string sql)
    {
        try
        {
            await CleanUpAsync(sql).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is lost.
        }
    }

    /// <summary>Reads rows with one of the rails' own statements; parameters are $1, $2, ….</summary>
    public ValueTask<IReadOnlyList<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        params object?[] parameters
    ) => QueryAsync(sql, read, cancellationToken, parameters);

    /// <summary>Reads rows under a token of the caller's own, for what has to be known even after the run was cancelled.</summary>
    public async ValueTask<IReadOnlyList<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken,
        params object?[] parameters
    )
    {
        var rows = new List<T>();
        await ReadAsync(sql, reader => rows.Add(read(reader)), cancellationToken, parameters).ConfigureAwait(false);
        return rows;
    }

    public async ValueTask<T> ScalarAsync<T>(string sql, params object?[] parameters)
    {
        T value = default!;
        await ReadAsync(sql, reader => value = reader.GetFieldValue<T>(0), cancellationToken, parameters)
            .ConfigureAwait(false);
        return value;
    }

    /// <summary>Runs a command of a migration through EF Core, so that its logs and interceptors see it.</summary>
    public async ValueTask<int> RunAsync(MigrationCommand command)
    {
        var rows = 0;
        await WatchedAsync(
                null,
                cancellationToken,
                async () =>
                    rows = async
                        ? await command.ExecuteNonQueryAsync(connection, null, cancellationToken).ConfigureAwait(false)
                        : command.ExecuteNonQuery(connection)
            )
            .ConfigureAwait(false);
        return rows;
    }

    /// <summary>Reads EF Core's history through EF Core, watched like everything else that may wait for a lock.</summary>
    public async ValueTask<IReadOnlyList<HistoryRow>> ReadHistoryAsync(IHistoryRepository history)
    {
        IReadOnlyList<HistoryRow> rows = [];
        await WatchedAsync(
                null,
                cancellationToken,
                async () =>
                    rows = async
                        ? await history.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)
                        : history.GetAppliedMigrations()
            )
            .ConfigureAwait(false);
        return rows;
    }

    public async ValueTask BeginAsync()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (async)
        {
            await connection.BeginTransactionAsync(IsolationLevel.Unspecified, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            connection.BeginTransaction(IsolationLevel.Unspecified);
        }
    }

    public async ValueTask CommitAsync()
    {
        // Not cancellable: a commit that was sent either happens or not, and we must know which.
        var transaction = connection.CurrentTransaction!;
        if (async)
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            await transaction.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            transaction.Commit();
            transaction.Dispose();
        }
    }

    /// <summary>Rolls back the open transaction, if any. A lost session has rolled back by itself.</summary>
    public async ValueTask RollbackAsync()
    {
        if (connection.CurrentTransaction is not { } transaction)
        {
            return;
        }

        try
        {
            if (async)
            {
                await transaction.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
            }
            else
            {
                transaction.Rollback();
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // The session is lost, and the server has rolled back.
        }
        finally
        {
            if (async)
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                transaction.Dispose();
            }
        }
    }

    public async ValueTask DelayAsync(TimeSpan delay)
    {
        if (async)
        {
            await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
        }
        else if (cancellationToken.WaitHandle.WaitOne(delay))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private NpgsqlCommand Command(string sql, CancellationToken cancellationToken, object?[] parameters)
    {
        var command = Connection.CreateCommand();
        // Dropping an invalid index may take as long as building it. What cleans up must not wait that long for a dead network.
        if (cancellationToken.CanBeCanceled && connection.CommandTimeout is { } seconds)
        {
            command.CommandTimeout = seconds;
        }

        command.CommandText = sql;
        foreach (var value in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }

    // Knows nothing of the type of the rows: what is generic is compiled again for every one of them, and a run starts with a dozen.
    private async ValueTask ReadAsync(
        string sql,
        Action<NpgsqlDataReader> read,
        CancellationToken cancellationToken,
        object?[] parameters
    )
    {
        await using var command = Command(sql, cancellationToken, parameters);
        await WatchedAsync(
                command,
                cancellationToken,
                async () =>
                {
                    if (async)
                    {
                        await using var reader = await command
                            .ExecuteReaderAsync(cancellationToken)
                            .ConfigureAwait(false);
                        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                        {
                            read(reader);
                        }
                    }
                    else
                    {
                        using var reader = command.ExecuteReader();
                        while (reader.Read())
                        {
                            read(reader);
                        }
                    }
                }
            )
            .ConfigureAwait(false);
    }

    private async ValueTask ExecuteAsync(string sql, CancellationToken cancellationToken, object?[] parameters)
    {
        await using var command = Command(sql, cancellationToken, parameters);
        await WatchedAsync(
                command,
                cancellationToken,
                async () =>
                    _ = async
                        ? await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false)
                        : command.ExecuteNonQuery()
            )
            .ConfigureAwait(false);
    }

    private async ValueTask WatchedAsync(NpgsqlCommand? command, CancellationToken cancellationToken, Func<Task> action)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Asynchronously Npgsql itself listens to the token; synchronously nobody does.
        using var cancelling = async ? null : new PersistentCancel(running, Connection, cancellationToken);
        if (command is not null)
        {
            running.Set(command);
        }

        _waits = true;
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (PostgresException e)
            when (e.SqlState == PostgresErrorCodes.QueryCanceled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.MessageText, e, cancellationToken);
        }
        finally
        {
            _waits = false;
            running.Set(null);
        }
    }
}
