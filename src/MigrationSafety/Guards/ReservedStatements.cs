using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>What no privilege on an object allows: it is left to superusers, or to the members of a role that PostgreSQL has for it.</summary>
internal static class ReservedStatements
{
    // A provider that keeps the superuser for itself has a role, or a library, that lets customers do some of it.
    private const string HasRulesOfItsOwn = """
        SELECT EXISTS (SELECT FROM pg_roles WHERE rolname IN ('rds_superuser', 'azure_pg_admin', 'cloudsqlsuperuser', 'alloydbsuperuser',
                                                              'supabase_admin', 'neon_superuser', 'avnadmin', 'doadmin', 'tsdbadmin'))
            OR EXISTS (SELECT FROM pg_settings WHERE name LIKE 'supautils.%' OR name LIKE 'extwlist.%')
        """;

    /// <summary>What our role, which is no superuser, may not do of it; a line each.</summary>
    public static async ValueTask<IReadOnlyList<string>> MissingAsync(
        MigrationGuardContext context,
        IReadOnlyList<SqlStatement> statements,
        string role
    )
    {
        var missing = new List<string>();
        var ofSuperusers = statements.Select(OfSuperusers).OfType<string>().ToList();
        var extensions = statements.Select(Extension).OfType<(string Name, bool IfNotExists)>().ToList();
        if (
            ofSuperusers.Count + extensions.Count > 0
            && !await context.Session.ScalarAsync<bool>(HasRulesOfItsOwn).ConfigureAwait(false)
        )
        {
            missing.AddRange(
                ofSuperusers.Select(what =>
                    $"{what}, which only a superuser may create: take it out of the migration, and run it as one"
                )
            );
            missing.AddRange(await ExtensionsAsync(context, extensions, role).ConfigureAwait(false));
        }

        missing.AddRange(await CopiesAsync(context, statements, role).ConfigureAwait(false));
        return missing;
    }

    private static string? OfSuperusers(SqlStatement statement)
    {
        var reader = new TokenReader(statement.Text);
        if (!reader.Take("CREATE"))
        {
            return null;
        }

        if (reader.Take("EVENT") && reader.Take("TRIGGER"))
        {
            return $"the event trigger {reader.Next()}";
        }

        return
            reader.Take("PUBLICATION")
            && reader.Next() is var publication
            && reader.Take("FOR")
            && (reader.Take("ALL") || reader.Take("TABLES"))
            ? $"the publication {publication}, of all tables there will be"
            : null;
    }

    private static (string Name, bool IfNotExists)? Extension(SqlStatement statement)
    {
        var reader = new TokenReader(statement.Text);
        if (!reader.Take("CREATE") || !reader.Take("EXTENSION"))
        {
            return null;
        }

        var ifNotExists = reader.Take("IF") && reader.Take("NOT") && reader.Take("EXISTS");
        return (ConcurrentIndex.NameOf(reader.Next()), ifNotExists);
    }

    private static async ValueTask<IEnumerable<string>> ExtensionsAsync(
        MigrationGuardContext context,
        List<(string Name, bool IfNotExists)> extensions,
        string role
    )
    {
        if (extensions.Count == 0)
        {
            return [];
        }

        var reserved = await context
            .Session.QueryAsync(
                $"""
                SELECT a.name::text, v.trusted
                FROM pg_available_extensions a JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
                WHERE a.name = ANY ({TextArray.Of(extensions.Count)}) AND a.installed_version IS NULL AND v.superuser
                  AND NOT (v.trusted AND has_database_privilege(current_database(), 'CREATE'))
                """,
                r => (Name: r.GetString(0), IsTrusted: r.GetBoolean(1)),
                [.. extensions.Select(extension => extension.Name)]
            )
            .ConfigureAwait(false);
        return extensions
            .Where(extension => reserved.Any(r => r.Name == extension.Name))
            .Select(extension =>
                reserved.First(r => r.Name == extension.Name).IsTrusted
                    ? PrivilegesGuard.CreateOnDatabase(context, role)
                    : $"the extension {extension.Name}, which only a superuser may create: CREATE EXTENSION IF NOT EXISTS "
                        + $"{context.Sql.DelimitIdentifier(extension.Name)};"
                        + (extension.IfNotExists ? "" : "   -- and write IF NOT EXISTS in the migration")
            );
    }

    private static async ValueTask<IEnumerable<string>> CopiesAsync(
        MigrationGuardContext context,
        IReadOnlyList<SqlStatement> statements,
        string role
    )
    {
        var needed = statements
            .Select(CopyStatement.Of)
            .OfType<CopyStatement>()
            .Where(copy => copy.IsFile || copy.IsProgram)
            .Select(copy =>
                copy.IsProgram ? (What: "COPY from or to a program on the server", Role: ServerFileRole.Programs)
                : copy.IsFrom ? (What: "COPY from a file on the server", Role: ServerFileRole.Reading)
                : (What: "COPY to a file on the server", Role: ServerFileRole.Writing)
            )
            .Distinct()
            .ToList();
        var missing = new List<string>();
        foreach (var copy in needed)
        {
            if (
                !await context
                    .Session.ScalarAsync<bool>("SELECT pg_has_role($1, 'USAGE')", copy.Role)
                    .ConfigureAwait(false)
            )
            {
                missing.Add($"{copy.What}: GRANT {copy.Role} TO {role};");
            }
        }

        return missing;
    }
}
