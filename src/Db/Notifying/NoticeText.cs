using System.Text.RegularExpressions;
using MigrationSafety.Connections;

namespace Db.Notifying;

/// <summary>Takes out of a text what must not leave this machine.</summary>
/// <remarks>
/// What a notice is made of holds no secret to begin with. An error's own words may, and a chat's history is kept for years.
/// </remarks>
internal static partial class NoticeText
{
    private const string Hidden = "***";

    // Shorter ones would take apart innocent words.
    private const int ShortestPassword = 4;

    /// <summary>The text without passwords, neither in connection strings nor alone.</summary>
    /// <param name="text">What is to be said.</param>
    /// <param name="environment">Looks a variable up: the passwords in the connection strings of these are known.</param>
    public static string WithoutSecrets(string text, Func<string, string?> environment)
    {
        text = UriPassword().Replace(text, $"$1{Hidden}@");
        text = SettingPassword().Replace(text, $"$1{Hidden}");
        text = QuotedPassword().Replace(text, $"$1{Hidden}");
        foreach (var secret in Known(environment))
        {
            text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        }

        return text;
    }

    private static IEnumerable<string> Known(Func<string, string?> environment)
    {
        foreach (var variable in (string[])["MIGRATE_DATABASE_URL", "DATABASE_URL"])
        {
            if (
                environment(variable) is { Length: > 0 } url
                && PasswordIn(url) is { Length: >= ShortestPassword } password
            )
            {
                yield return password;
            }
        }

        foreach (var variable in (string[])["PGPASSWORD", ReleaseWebhook.Variable])
        {
            if (environment(variable) is { Length: >= ShortestPassword } value)
            {
                yield return value;
            }
        }
    }

    private static string? PasswordIn(string url)
    {
        try
        {
            return PostgresConnectionString.Parse(url).ToBuilder().Password;
        }
        catch (ConnectionStringException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"(\w+://[^\s:/@]*:)[^\s@]*@")]
    private static partial Regex UriPassword();

    [GeneratedRegex(
        @"(\b(?:ssl)?(?:password|pwd|passfile)\s*=\s*)(?:'[^']*'|""[^""]*""|[^;\s]+)",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex SettingPassword();

    [GeneratedRegex(@"(\bpassword\s+)'(?:[^']|'')*'", RegexOptions.IgnoreCase)]
    private static partial Regex QuotedPassword();
}
