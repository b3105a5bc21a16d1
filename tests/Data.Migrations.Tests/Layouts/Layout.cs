using LocalPostgres;
using Npgsql;

namespace Data.Migrations.Tests.Layouts;

/// <summary>What is there before the first migration, and who runs it.</summary>
internal static class Layout
{
    /// <summary>As superuser, on a bare server.</summary>
    internal const string Superuser = "superuser";

    /// <summary>As the database's owner, who may make roles and nothing else.</summary>
    internal const string PlainOwner = "plain owner with CREATEROLE";

    /// <summary>As on Supabase: roles, schema and extension exist, default privileges give everything to API roles.</summary>
    internal const string Supabase = "Supabase";

    internal static TheoryData<string> All => [Superuser, PlainOwner, Supabase];

    /// <summary>Prepares an empty server and returns the connection string of who migrates.</summary>
    internal static async Task<string> PrepareAsync(ThrowAwayServer server, string layout)
    {
        var database = $"app_{Guid.NewGuid():N}";
        if (layout == Superuser)
        {
            await TestServer.ExecuteAsync(server.ConnectionString, $"CREATE DATABASE {database}");
            return server.ConnectionStringTo(database);
        }

        var roles =
            layout == PlainOwner
                ? ["CREATE ROLE app_owner LOGIN CREATEROLE PASSWORD 'test'"]
                : new[]
                {
                    "CREATE ROLE anon NOLOGIN NOINHERIT",
                    "CREATE ROLE authenticated NOLOGIN NOINHERIT",
                    "CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS",
                    "CREATE ROLE supabase_admin SUPERUSER LOGIN",
                    "CREATE ROLE app_owner LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD 'test'",
                    "CREATE ROLE authenticator LOGIN NOINHERIT",
                    "GRANT anon, authenticated, service_role TO authenticator",
                    "GRANT anon, authenticated, service_role TO app_owner WITH ADMIN OPTION",
                };
        foreach (var statement in roles.Append($"CREATE DATABASE {database} OWNER app_owner"))
        {
            await TestServer.ExecuteAsync(server.ConnectionString, statement);
        }

        if (layout == Supabase)
        {
            await TestServer.ExecuteAsync(
                server.ConnectionStringTo(database),
                """
                SET ROLE supabase_admin;
                CREATE SCHEMA extensions;
                GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
                GRANT ALL ON SCHEMA extensions TO app_owner;
                CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
                RESET ROLE;
                GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
                ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public
                  GRANT ALL ON TABLES TO anon, authenticated, service_role;
                ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public
                  GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
                ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public
                  GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
                """
            );
        }

        return new NpgsqlConnectionStringBuilder(server.ConnectionStringTo(database))
        {
            Username = "app_owner",
            Password = "test",
        }.ConnectionString;
    }
}
