namespace MigrationSafety.Connections;

/// <summary>
/// Which database a command is for. <c>MIGRATE_DATABASE_URL</c> (the owner's connection) comes first, then
/// <c>DATABASE_URL</c> (the application's), then what was typed as <c>--connection</c>. A typed connection that leads
/// elsewhere than the environment is refused: whichever of the two were taken, somebody would be migrating a database
/// they did not mean.
/// </summary>
/// <param name="Connection">The checked connection string.</param>
/// <param name="Source">Where it came from: <c>MIGRATE_DATABASE_URL</c>, <c>DATABASE_URL</c> or <c>--connection</c>.</param>
public sealed record DatabaseUrl(PostgresConnectionString Connection, string Source)
{
    /// <summary>The variable that names the owner's connection; it comes first.</summary>
    public const string MigrateVariable = "MIGRATE_DATABASE_URL";

    /// <summary>The variable that names the application's connection; it comes second.</summary>
    public const string ApplicationVariable = "DATABASE_URL";

    /// <summary>What messages call a typed connection string.</summary>
    public const string Option = "--connection";

    /// <summary>What to tell somebody who named no database at all.</summary>
    public const string NothingNamed =
        "No database is named. Set MIGRATE_DATABASE_URL or DATABASE_URL to a postgresql:// URI, "
        + "or pass --connection 'postgresql://user:password@host:5432/database'.";

    /// <summary>Finds the database to use, or null where none is named.</summary>
    /// <param name="environment">Looks a variable up; null means that it is not set.</param>
    /// <param name="typed">What was given as <c>--connection</c>, if anything was.</param>
    /// <exception cref="ConnectionStringException">
    /// The one that counts cannot be used, a variable is set but blank, or the typed one leads elsewhere.
    /// </exception>
    public static DatabaseUrl? Resolve(Func<string, string?> environment, string? typed = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var named = FromVariable(environment, MigrateVariable) ?? FromVariable(environment, ApplicationVariable);
        if (typed is null)
        {
            return named;
        }

        var option = new DatabaseUrl(PostgresConnectionString.Parse(typed, Option), Option);
        if (named is null)
        {
            return option;
        }

        if (named.Connection.LeadsWhere(option.Connection))
        {
            return named;
        }

        throw new ConnectionStringException(
            $"{Option} names {option.Connection}, but {named.Source} is set and names {named.Connection}. "
                + $"Nothing was run. Unset {named.Source} to use {Option}, or leave {Option} out to use {named.Source}."
        );
    }

    /// <summary>Finds the database that the process's environment names, or null where it names none.</summary>
    /// <param name="typed">What was given as <c>--connection</c>, if anything was.</param>
    /// <exception cref="ConnectionStringException">As for <see cref="Resolve"/>.</exception>
    public static DatabaseUrl? FromEnvironment(string? typed = null) =>
        Resolve(Environment.GetEnvironmentVariable, typed);

    // A variable that is set but blank is a deployment's mistake (an unset secret), not a wish for the next one.
    private static DatabaseUrl? FromVariable(Func<string, string?> environment, string name) =>
        environment(name) is { } value ? new DatabaseUrl(PostgresConnectionString.Parse(value, name), name) : null;
}
