using System.Text.RegularExpressions;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>From PostgreSQL's "permission denied" (42501) to the GRANT that answers it.</summary>
/// <remarks>
/// PostgreSQL gives the object only in the message's text, in the server's language (lc_messages). Where the text is not English, the
/// advice is general.
/// </remarks>
internal static partial class MissingPrivilege
{
    public static string ToDo(PostgresException exception, string user, string database)
    {
        var role = Quoted(user);
        var message = exception.MessageText;
        if (MustBeOwner().Match(message) is { Success: true } owner)
        {
            var (kind, name) = (owner.Groups["kind"].Value, owner.Groups["name"].Value);
            return $"{user} must own the {kind} {name}. As its owner or a superuser: "
                + $"ALTER {kind.ToUpperInvariant()} {Quoted(name)} OWNER TO {role};\n"
                + $"       or make {user} a member of the role that owns it: GRANT <owner> TO {role};";
        }

        if (Denied().Match(message) is { Success: true } denied)
        {
            var (kind, name) = (denied.Groups["kind"].Value, denied.Groups["name"].Value);
            var grant = kind switch
            {
                "schema" => $"GRANT USAGE, CREATE ON SCHEMA {Quoted(name)} TO {role};",
                "database" => $"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {Quoted(name)} TO {role};",
                "table" or "view" =>
                    $"GRANT ALL ON TABLE {Quoted(name)} TO {role};   -- changing its definition needs its owner",
                "sequence" => $"GRANT ALL ON SEQUENCE {Quoted(name)} TO {role};",
                "function" or "procedure" => $"GRANT EXECUTE ON {kind.ToUpperInvariant()} {Quoted(name)} TO {role};",
                "type" => $"GRANT USAGE ON TYPE {Quoted(name)} TO {role};",
                "language" => $"GRANT USAGE ON LANGUAGE {Quoted(name)} TO {role};",
                "tablespace" => $"GRANT CREATE ON TABLESPACE {Quoted(name)} TO {role};",
                _ => null,
            };
            if (grant is not null)
            {
                return $"as the owner of the {kind} {name} or a superuser: {grant}";
            }
        }

        if (ToCreate().Match(message) is { Success: true } create)
        {
            return create.Groups["what"].Value switch
            {
                "role" => $"as a superuser: ALTER ROLE {role} CREATEROLE;",
                "database" => $"as a superuser: ALTER ROLE {role} CREATEDB;",
                "extension" =>
                    $"let a superuser create it once in \"{database}\": CREATE EXTENSION IF NOT EXISTS {create.Groups["name"].Value};"
                        + $"\n       or, for a trusted extension: GRANT CREATE ON DATABASE {Quoted(database)} TO {role};",
                _ => OfSuperusers(exception, user),
            };
        }

        if (ServerFileRole.Of(message) is { } ofServer)
        {
            return $"as a superuser: GRANT {ofServer} TO {role};   -- it may then do so with everything that the server's own user may";
        }

        return message.Contains("superuser", StringComparison.Ordinal)
            ? OfSuperusers(exception, user)
            : $"let {user} do this, or run the migrations as the role that owns the schema.{SaysServer(exception)}";
    }

    private static string OfSuperusers(PostgresException exception, string user) =>
        $"{user} may not do this. Where only a superuser may, take it out of the migration, and run it as one."
        + SaysServer(exception);

    private static string SaysServer(PostgresException exception) =>
        exception.Hint is { Length: > 0 } hint ? $" The server's hint: {hint}" : "";

    private static string Quoted(string name) =>
        PlainName().IsMatch(name)
            ? name
            : string.Join('.', name.Split('.').Select(part => $"\"{part.Trim('"').Replace("\"", "\"\"")}\""));

    [GeneratedRegex("""^must be (?:the )?owner of (?<kind>[a-z ]+?) "?(?<name>[^"]+)"?$""")]
    private static partial Regex MustBeOwner();

    [GeneratedRegex("""^permission denied for (?<kind>[a-z]+) "?(?<name>[^"]+)"?$""")]
    private static partial Regex Denied();

    [GeneratedRegex("^permission denied to create (?<what>[a-z]+)(?: (?<name>.+))?$")]
    private static partial Regex ToCreate();

    [GeneratedRegex("^[a-z_][a-z0-9_]*$")]
    private static partial Regex PlainName();
}
