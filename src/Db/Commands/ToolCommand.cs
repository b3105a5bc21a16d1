using MigrationSafety.Connections;

namespace Db.Commands;

/// <summary>This tool's commands as they can be pasted into a shell, in the directory that it was started in.</summary>
internal static class ToolCommand
{
    private const string ConnectionName = "--connection";

    /// <summary>What was typed behind the tool's name, without the secrets in it.</summary>
    public static IReadOnlyList<string> Arguments { get; } = [.. WithoutSecrets(Environment.GetCommandLineArgs()[1..])];

    /// <summary>How this tool was started: <c>artifacts/db</c>.</summary>
    public static string Name { get; } = FindName();

    /// <summary>A command of this tool.</summary>
    /// <param name="arguments">As they are typed, not quoted yet.</param>
    public static string Of(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quoted).Prepend(Name));

    /// <summary>A command of this tool for the database that this one was for: with its <c>--connection</c>, where one was typed.</summary>
    /// <param name="arguments">As they are typed, not quoted yet.</param>
    public static string OnDatabase(IEnumerable<string> arguments) => Of([.. arguments, .. TypedConnection()]);

    /// <summary>One word of a shell's command.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:=@%+,".Contains(c)) ? word
        : OperatingSystem.IsWindows() ? $"\"{word.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>What has to stand before a bundle's command so that it finds the database: nothing, where the environment names it.</summary>
    public static string Naming(PostgresConnectionString database) =>
        DatabaseUrl.FromEnvironment() is null
            ? $"{DatabaseUrl.MigrateVariable}={Quoted(WithoutPassword(database))} "
            : "";

    /// <summary>Another database on the same server, as a URI without its password.</summary>
    public static string Beside(PostgresConnectionString database, string suffix)
    {
        var settings = database.ToBuilder();
        settings.Database += suffix;
        return WithoutPassword(PostgresConnectionString.From(settings));
    }

    private static string FindName()
    {
        var started = Environment.ProcessPath ?? "db";
        if (Path.GetFileNameWithoutExtension(started) == "dotnet")
        {
            return $"dotnet {Quoted(Environment.GetCommandLineArgs()[0])}";
        }

        if (Checkout.Above(Path.GetDirectoryName(started)!) is { } checkout)
        {
            var project = Path.Combine(checkout.Directory, "src", "Db");
            if (started.StartsWith(Path.Combine(project, "bin"), StringComparison.Ordinal))
            {
                return $"dotnet run --project {Quoted(Path.GetRelativePath(Environment.CurrentDirectory, project))} --";
            }
        }

        var near = Path.GetRelativePath(Environment.CurrentDirectory, started);
        return Quoted(
            near.StartsWith("..", StringComparison.Ordinal) ? started
            : near.Contains(Path.DirectorySeparatorChar) ? near
            : Path.Combine(".", near)
        );
    }

    private static IEnumerable<string> TypedConnection()
    {
        var own = Arguments.TakeWhile(argument => argument != "--").ToList();
        var at = own.FindLastIndex(argument => argument == ConnectionName);
        return at >= 0 ? own.Skip(at).Take(2)
            : own.FindLast(argument => argument.StartsWith(ConnectionName + "=", StringComparison.Ordinal)) is { } typed
                ? [typed]
            : [];
    }

    private static IEnumerable<string> WithoutSecrets(IEnumerable<string> arguments)
    {
        var isConnection = false;
        foreach (var argument in arguments)
        {
            yield return isConnection ? WithoutPassword(argument)
            : argument.StartsWith(ConnectionName + "=", StringComparison.Ordinal)
                ? $"{ConnectionName}={WithoutPassword(argument[(ConnectionName.Length + 1)..])}"
            : argument;
            isConnection = argument == ConnectionName;
        }
    }

    private static string WithoutPassword(string typed)
    {
        try
        {
            return WithoutPassword(PostgresConnectionString.Parse(typed));
        }
        catch (ConnectionStringException)
        {
            return "…";
        }
    }

    /// <summary>A database as it may be shown in a command.</summary>
    public static string WithoutPassword(PostgresConnectionString connection)
    {
        var settings = connection.ToBuilder();
        settings.Password = null;
        return PostgresConnectionString.From(settings).ToUri();
    }
}
