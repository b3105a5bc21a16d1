using Npgsql;

namespace Db.Adopting;

/// <summary>
/// Accounts and keys of the old sample files, which ran in production too: whoever has read those files can sign in with them.
/// They are known by what makes them dangerous and not by their names, which people change.
/// </summary>
internal static class SampleCredentials
{
    // Of the passwords' own hashes: SHA-256 of what stands in account.password.
    private static readonly string[] Passwords =
    [
        "9de618038c50835d945d59f152dfde8fcfde3c633e7bf18af2ee656fbf214160",
        "8e4859aee03c7fb5a7d4560d144588a51510814707e49cf6ef20250e65fe08af",
    ];

    // As they stand in api_key."keyHash". The second is that of an empty secret.
    private static readonly string[] KeyHashes =
    [
        "205f13ae4d2e18df417e61123bb84030c124fcb5013699046379ae1b5ec04324",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ];

    private const string Password = "encode(sha256(convert_to(account.password, 'UTF8')), 'hex') IN ({0})";

    public static async Task<IReadOnlyList<Finding>> FindAsync(
        NpgsqlConnection connection,
        IReadOnlySet<string> tables,
        CancellationToken ct
    )
    {
        var found = new List<Finding>();
        if (tables.Contains("account"))
        {
            found.AddRange(await PasswordsAsync(connection, ct));
        }

        if (tables.Contains("api_key"))
        {
            found.AddRange(await KeysAsync(connection, ct));
        }

        if (tables.Contains("session"))
        {
            const string sample = "token LIKE 'tmt\\_%\\_session\\_token\\_%'";
            var rows = await RowCount.OfAsync(connection, $"SELECT count(*) FROM public.session WHERE {sample}", ct);
            Add(
                found,
                rows,
                "table public.session",
                "sample tokens",
                $"{rows:N0} {Plural(rows, "session has", "sessions have")} the token that the sample file gives: a known one signs anybody in",
                $"DELETE FROM public.session WHERE {sample};"
            );
        }

        return found;
    }

    private static async Task<List<Finding>> PasswordsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var found = new List<Finding>();
        var known = string.Join(", ", Passwords.Select(hash => $"'{hash}'"));
        var rows = await RowCount.OfAsync(
            connection,
            $"SELECT count(*) FROM public.account WHERE {string.Format(null, Password, known)}",
            ct
        );
        Add(
            found,
            rows,
            "table public.account",
            "sample passwords",
            $"{rows:N0} {Plural(rows, "account has", "accounts have")} the password of the sample files, which anybody can read",
            $"""
            DELETE FROM public.session WHERE "userId" IN (
              SELECT "userId" FROM public.account WHERE {string.Format(null, Password, known)});
            UPDATE public.account SET password = NULL WHERE {string.Format(null, Password, known)};
            """
        );
        // A salt is random: two accounts with one hash were made by copying it.
        const string copied =
            "password IS NOT NULL AND password <> '' AND password IN (SELECT password FROM public.account GROUP BY password HAVING count(*) > 1)";
        var others = await RowCount.OfAsync(
            connection,
            $"SELECT count(*) FROM public.account WHERE {copied} AND NOT {string.Format(null, Password, known)}",
            ct
        );
        Add(
            found,
            others,
            "table public.account",
            "copied passwords",
            $"{others:N0} accounts share a password hash, salt included: they were written by a file of sample data, and whoever has the file can sign in",
            $"""
            DELETE FROM public.session WHERE "userId" IN (SELECT "userId" FROM public.account WHERE {copied});
            UPDATE public.account SET password = NULL WHERE {copied};
            """
        );
        return found;
    }

    private static async Task<List<Finding>> KeysAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var found = new List<Finding>();
        const string isActive = "status IS DISTINCT FROM 'inactive' AND status IS DISTINCT FROM 'expired'";
        var known = string.Join(", ", KeyHashes.Select(hash => $"'{hash}'"));
        var sample = $"(\"keyHash\" IN ({known}) OR \"keyPrefix\" LIKE 'testkey\\_%')";
        var rows = await RowCount.OfAsync(
            connection,
            $"SELECT count(*) FROM public.api_key WHERE {sample} AND {isActive}",
            ct
        );
        Add(
            found,
            rows,
            "table public.api_key",
            "sample keys",
            $"{rows:N0} active API {Plural(rows, "key is", "keys are")} one of the sample files', which anybody can read",
            $"UPDATE public.api_key SET status = 'inactive' WHERE {sample} AND {isActive};"
        );
        return found;
    }

    private static void Add(List<Finding> found, long rows, string table, string what, string why, string sql)
    {
        if (rows > 0)
        {
            found.Add(new Finding(Verdict.InTheWay, table, what, why, rows, sql));
        }
    }

    private static string Plural(long count, string one, string many) => count == 1 ? one : many;
}
