using System.Text.RegularExpressions;
using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A password, key or token written into a migration.</summary>
internal sealed partial class CredentialInMigration : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "credential-in-migration",
            HazardGroup.OpensADoor,
            "A password or key in a migration",
            "A migration stays in version control for ever, is built into every bundle, and runs on every developer's machine: whoever can read "
                + "one of these has the password, and it cannot be taken back. PostgreSQL may write it to its log as well. Make the role without "
                + "one, and let whoever runs the server set it.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE ROLE reporting LOGIN PASSWORD 'correct-horse';",
                    "CREATE ROLE reporting NOLOGIN;\n-- by hand, once: \\password reporting"
                ),
                new HazardExample(
                    "CREATE TABLE settings (name text PRIMARY KEY, value text NOT NULL);",
                    "INSERT INTO settings (name, value) VALUES ('payment', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc');",
                    "INSERT INTO settings (name, value) VALUES ('currency', 'EUR');"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        // A block's own statements are looked at one by one.
        var text = statement.Text;
        var why =
            statement.Statement is RoleStatement { Password: true } role
                ? $"the password of the role {ObjectName.Quoted(role.Name)}"
            : statement.Statement is DoBlock ? null
            : !text.Contains('\'') && !text.Contains('$') ? null
            : Options().IsMatch(text) ? "the password of a connection to another server"
            : Written(statement.Statement) is { } column ? $"a value of the column {ObjectName.Quoted(column)}"
            : SqlLexer
                .Read(text)
                .Any(t => t.Kind == SqlTokenKind.String && t.Text.Length < 100_000 && Key().IsMatch(t.Text))
                ? "a key, token or password"
            : null;
        if (why is not null)
        {
            yield return new Found(
                // The statement is shown, and must not show it.
                statement with
                {
                    Place = statement.Place with { Sql = Strings().Replace(statement.Place.Sql, "'…'") },
                },
                statement.Statement is RoleStatement named ? ObjectName.Quoted(named.Name) : null,
                $"Whoever can read this repository, a bundle built from it, or the server's log, has {why}; taking it out later does not take it back.",
                statement.Statement is RoleStatement { Name: var name }
                    ? context.AsWritten($"CREATE ROLE {ObjectName.Quoted(name)} NOLOGIN;")
                        + $"\n{(context.IsMigration ? "//" : "--")} by hand, once, in psql: \\password {ObjectName.Quoted(name)}"
                    : $"{(context.IsMigration ? "//" : "--")} take it out, count it as lost and change it, and let the application read it from its environment"
            );
        }
    }

    // password, api_key, … written with a literal of their own.
    private static string? Written(Statement statement)
    {
        foreach (var change in statement.DataChanges.Where(c => c.Source is not null && c.Verb is "INSERT" or "UPDATE"))
        {
            var tokens = change.Source!.Tokens;
            if (change.Verb == "UPDATE")
            {
                for (var i = 0; i + 2 < tokens.Count; i++)
                {
                    if (
                        tokens[i].IsName
                        && IsSecret(tokens[i].Name)
                        && tokens[i + 1].IsSymbol("=")
                        && IsValue(tokens[i + 2])
                    )
                    {
                        return tokens[i].Name;
                    }
                }
            }
            else if (
                change.Columns.FirstOrDefault(IsSecret) is { } column
                && tokens is [var first, ..]
                && first.IsWord("VALUES")
            )
            {
                var values = tokens.Skip(2).TakeWhile(t => !t.IsSymbol(")")).ToList();
                if (values.Any(IsValue))
                {
                    return column;
                }
            }
        }

        return null;
    }

    private static bool IsValue(SqlToken token) => token.Kind == SqlTokenKind.String && token.Text.Length > 0;

    private static bool IsSecret(string column) => SecretColumn().IsMatch(column);

    [GeneratedRegex(@"'(?:[^']|'')*'?|\$(\w*)\$.*")]
    private static partial Regex Strings();

    [GeneratedRegex(
        @"^(user_?)?(password|passwd|passphrase|secret|secret_?key|client_?secret|api_?key|access_?token|refresh_?token|private_?key)(_?hash)?$",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex SecretColumn();

    [GeneratedRegex(@"\bOPTIONS\s*\([^;]*\bpassword\s+'[^']+'", RegexOptions.IgnoreCase)]
    private static partial Regex Options();

    // Forms that their makers chose so that they are recognised.
    [GeneratedRegex(
        @"\b[sr]k_(live|test)_[0-9A-Za-z]{10,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{30,}|\bxox[abprs]-[0-9A-Za-z-]{10,}|\bAIza[0-9A-Za-z_-]{30,}"
            + @"|\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY|\$2[aby]\$\d\d\$[./0-9A-Za-z]{50,}|\$argon2(id|i|d)\$"
            // A connection string: not every comparison of a column called password.
            + @"|\b(host|server|dbname|user)\s*=[^\n]*\bpassword\s*=\s*[^\s';]+"
            + @"|[a-z][a-z0-9+.-]*://[^\s:/@']+:[^\s@/']+@[^\s']+",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Key();
}
