using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

namespace LocalPostgres.Docker;

/// <summary>What throw-away and development containers have in common.</summary>
internal static class ServerContainer
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    public static string Image(ServerWish wish) => $"postgres:{wish.MajorOrDefault}-alpine";

    public static PostgreSqlBuilder Builder(
        DockerEngine engine,
        string image,
        string password,
        IReadOnlyDictionary<string, string> settings
    )
    {
        var builder = new PostgreSqlBuilder(image)
            .WithDockerEndpoint(engine.Endpoint)
            .WithLogger(NullLogger.Instance)
            .WithUsername(Cluster.Superuser)
            .WithPassword(password)
            .WithDatabase("postgres")
            // As every other way has it; the images' own default differs between them.
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C.UTF-8")
            // Docker's 64 MB are too little for parallel queries on large tables.
            .WithCreateParameterModifier(parameters => parameters.HostConfig!.ShmSize = 256L << 20)
            .WithWaitStrategy(
                Wait.ForUnixContainer()
                    .AddCustomWaitStrategy(
                        new UntilItAnswers(password),
                        wait => wait.WithInterval(TimeSpan.FromMilliseconds(100)).WithTimeout(StartLimit)
                    )
            )
            // Testcontainers trades durability for speed by itself; commits must stay synchronous, because tests that
            // crash the server count on what was committed. The later of two settings of one name wins.
            .WithCommand("-c", "synchronous_commit=on");
        foreach (var (name, value) in settings)
            builder = builder.WithCommand("-c", $"{name}={value}");
        return builder;
    }

    /// <exception cref="PortTakenException">Somebody else listens at the port it shall have.</exception>
    /// <exception cref="UnavailableException">It does not start; the reason is the engine's, or the end of its log.</exception>
    public static async Task StartAsync(IContainer container, CancellationToken cancellationToken)
    {
        try
        {
            await container.StartAsync(cancellationToken);
        }
        catch (DockerApiException exception) when (IsPortTaken(exception))
        {
            throw new PortTakenException();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new UnavailableException(
                $"its container does not start: {DockerEngine.OneLine(exception)}",
                exception
            );
        }
    }

    public static bool IsPortTaken(DockerApiException exception) =>
        exception.Message.Contains("port is already allocated", StringComparison.Ordinal)
        || exception.Message.Contains("address already in use", StringComparison.Ordinal);

    public static NpgsqlConnectionStringBuilder Connection(string host, int port, string password) =>
        new(Cluster.ConnectionTo(port, password).ConnectionString) { Host = host };

    /// <summary>
    /// Ready is who answers from outside as the superuser: the image's own temporary server, which runs while it
    /// initialises, does not listen there.
    /// </summary>
    private sealed class UntilItAnswers(string password) : IWaitUntil
    {
        public async Task<bool> UntilAsync(IContainer container)
        {
            if (container.State is TestcontainersStates.Exited or TestcontainersStates.Dead)
            {
                var (output, errors) = await container.GetLogsAsync();
                throw new InvalidOperationException(
                    string.Join(
                        " | ",
                        (output + errors)
                            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                            .TakeLast(6)
                    )
                );
            }
            var where = Connection(
                container.Hostname,
                container.GetMappedPublicPort(PostgreSqlBuilder.PostgreSqlPort),
                password
            );
            where.Pooling = false;
            where.Timeout = 5;
            try
            {
                await using var connection = new NpgsqlConnection(where.ConnectionString);
                await connection.OpenAsync();
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }
    }
}
