using System.CommandLine;

namespace Db.Commands;

/// <summary>The option that names a database.</summary>
internal static class ConnectionOption
{
    public static Option<string?> Create() =>
        new("--connection")
        {
            Description =
                "The database, as a postgresql:// URI or in Npgsql's key-value form. The variables MIGRATE_DATABASE_URL "
                + "and DATABASE_URL come first. Other users of this machine can see what is typed: prefer a variable.",
            HelpName = "url",
        };
}
