using MigrationSafety.Connections;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Connections;

public class ConnectionUriTests
{
    [Theory]
    // The grammar.
    [InlineData("postgresql://db.example.com", "Host=db.example.com")]
    [InlineData("postgres://db.example.com:6432/app", "Host=db.example.com;Port=6432;Database=app")]
    [InlineData("POSTGRESQL://me@h/app", "Host=h;Username=me;Database=app")]
    [InlineData("postgres://me:pw@h", "Host=h;Username=me;Password=pw")]
    [InlineData("postgres://h/", "Host=h")]
    [InlineData(
        "postgres://m%40e:p%40%2F%3A%25%23%3F%26w@h/a%2Fb",
        "Host=h;Username=m@e;Password=p@/:%#?&w;Database=a/b"
    )]
    [InlineData("postgres://me:p%C3%A4ss%F0%9F%94%91@h/d", "Host=h;Username=me;Password=päss🔑;Database=d")]
    [InlineData("postgres://me:a:b#c;d='e'@h/d", "Host=h;Username=me;Password=\"a:b#c;d='e'\";Database=d")]
    [InlineData("postgres://me@[2001:db8::1]:5433/d", "Host=2001:db8::1;Port=5433;Username=me;Database=d")]
    [InlineData("postgres://[::1]/d", "Host=::1;Database=d")]
    [InlineData("postgres://a:1,b:2,[::1]:3,c/d", "Host=\"a:1,b:2,[::1]:3,c\";Database=d")]
    [InlineData("postgres://a,b/d?port=1,2", "Host=\"a:1,b:2\";Database=d")]
    [InlineData("postgres://a,b/d?port=7", "Host=\"a:7,b:7\";Database=d")]
    [InlineData("postgres:///d?host=/var/run/postgresql&port=5433", "Host=/var/run/postgresql;Port=5433;Database=d")]
    [InlineData(
        "postgres://me@%2Fvar%2Frun%2Fpostgresql:5433/d",
        "Host=/var/run/postgresql;Port=5433;Username=me;Database=d"
    )]
    [InlineData(
        "postgres://me:pw@localhost/d?host=/cloudsql/p:r:i",
        "Host=/cloudsql/p:r:i;Username=me;Password=pw;Database=d"
    )]
    [InlineData("postgres:///?host=h&user=u&password=p%26w&dbname=d", "Host=h;Username=u;Password=p&w;Database=d")]
    [InlineData("  postgres://h/d\n", "Host=h;Database=d")]
    // What providers hand out.
    [InlineData(
        "postgresql://neondb_owner:npg_x@ep-cool-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
        "Host=ep-cool-pooler.eu-central-1.aws.neon.tech;Username=neondb_owner;Password=npg_x;Database=neondb;SSL Mode=Require;Channel Binding=Require"
    )]
    [InlineData(
        "postgres://u:p@ep-x.neon.tech/db?options=project%3Dep-x",
        "Host=ep-x.neon.tech;Username=u;Password=p;Database=db;Options=project=ep-x"
    )]
    [InlineData(
        "postgres://u:p@ep-x.neon.tech/db?sslmode=require&options=endpoint%3Dep-x",
        "Host=ep-x.neon.tech;Username=u;Password=p;Database=db;Options=endpoint=ep-x;SSL Mode=Require"
    )]
    [InlineData(
        "postgres://postgres.abcd:p@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1",
        "Host=aws-0-eu.pooler.supabase.com;Port=6543;Username=postgres.abcd;Password=p;Database=postgres;Maximum Pool Size=1"
    )]
    [InlineData(
        "postgres://postgres.abcd:p@aws-0-eu.pooler.supabase.com:5432/postgres?sslmode=require&supa=base-pooler.x",
        "Host=aws-0-eu.pooler.supabase.com;Port=5432;Username=postgres.abcd;Password=p;Database=postgres;SSL Mode=Require"
    )]
    [InlineData(
        "postgres://default:p@ep-x-pooler.postgres.vercel-storage.com:5432/verceldb?pgbouncer=true&connect_timeout=15&workaround=supabase-pooler.vercel",
        "Host=ep-x-pooler.postgres.vercel-storage.com;Port=5432;Username=default;Password=p;Database=verceldb;Timeout=15"
    )]
    [InlineData(
        "postgresql://u:p@h/d?schema=app&pool_timeout=20",
        "Host=h;Username=u;Password=p;Database=d;Search Path=app"
    )]
    // Parameters.
    [InlineData("postgres://h?sslmode=disable", "Host=h;SSL Mode=Disable")]
    [InlineData("postgres://h?sslmode=allow", "Host=h;SSL Mode=Allow")]
    [InlineData("postgres://h?sslmode=prefer", "Host=h;SSL Mode=Prefer")]
    [InlineData(
        "postgres://h?sslmode=verify-ca&sslrootcert=/ca.crt",
        "Host=h;SSL Mode=VerifyCA;Root Certificate=/ca.crt"
    )]
    [InlineData("postgres://h?sslrootcert=system&sslmode=verify-full", "Host=h;SSL Mode=VerifyFull")]
    [InlineData("postgres://h?sslrootcert=system", "Host=h;SSL Mode=VerifyFull")]
    [InlineData("postgres://h?ssl=true", "Host=h;SSL Mode=Require")]
    [InlineData(
        "postgres://h?sslcert=/c&sslkey=/k&sslpassword=s%3B",
        "Host=h;SSL Certificate=/c;SSL Key=/k;SSL Password=\"s;\""
    )]
    [InlineData(
        "postgres://h?sslmode=require&sslnegotiation=direct&gssencmode=disable",
        "Host=h;SSL Mode=Require;SSL Negotiation=Direct;GSS Encryption Mode=Disable"
    )]
    [InlineData(
        "postgres://h?options=-c%20statement_timeout%3D5s%20-c%20geqo%3Doff",
        "Host=h;Options=\"-c statement_timeout=5s -c geqo=off\""
    )]
    [InlineData("postgres://h?application_name=a+b&connect_timeout=5", "Host=h;Application Name=a+b;Timeout=5")]
    [InlineData("postgres://h?fallback_application_name=x", "Host=h;Application Name=x")]
    [InlineData("postgres://h,b?target_session_attrs=read-write", "Host=\"h,b\";Target Session Attributes=read-write")]
    [InlineData("postgres://h?target_session_attrs=read-write", "Host=h")]
    [InlineData("postgres://h?load_balance_hosts=random", "Host=h;Load Balance Hosts=True")]
    [InlineData(
        "postgres://h?keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3",
        "Host=h;TCP Keepalive=True;TCP Keepalive Time=30;TCP Keepalive Interval=5"
    )]
    [InlineData("postgres://h?client_encoding=UTF8&passfile=/p", "Host=h;Client Encoding=UTF8;Passfile=/p")]
    [InlineData("postgres://h?client_encoding=auto", "Host=h")]
    [InlineData("postgres://h?require_auth=scram-sha-256,md5", "Host=h;Require Auth=\"ScramSHA256,MD5\"")]
    public void A_uri_means_the_same_to_Npgsql(string uri, string expected)
    {
        var read = PostgresConnectionString.Parse(uri).ToBuilder();

        Assert.True(
            read.EquivalentTo(new NpgsqlConnectionStringBuilder(expected)),
            $"read as {read.ConnectionString}, expected {expected}"
        );
        // What was made must also be something that Npgsql connects with.
        using var connection = new NpgsqlConnection(read.ConnectionString);
    }

    [Theory]
    [InlineData("", "it is empty; set it to a postgresql:// URI or to Npgsql's Host=…;Database=… form, or unset it.")]
    [InlineData(
        "   ",
        "it is empty; set it to a postgresql:// URI or to Npgsql's Host=…;Database=… form, or unset it."
    )]
    [InlineData("postgres://u:hunter2@h:0/d", "the port of host \"h\" must be a whole number from 1 to 65535.")]
    [InlineData("postgres://u:hunter2@h:65536/d", "the port of host \"h\" must be a whole number from 1 to 65535.")]
    [InlineData("postgres://u:hunter2@h:54x2/d", "the port of host \"h\" must be a whole number from 1 to 65535.")]
    [InlineData(
        "postgres://u:hunter2@h:/d",
        "the port of host \"h\" is empty; write a number from 1 to 65535 or leave the colon out."
    )]
    [InlineData(
        "postgres://u:hunter2",
        "the port of host \"u\" must be a whole number from 1 to 65535 (or is @host missing after user:password?)."
    )]
    [InlineData("postgres://u:hunter2@a:1,b:x/d", "the port of host \"b\" must be a whole number from 1 to 65535.")]
    [InlineData("postgres://u:hunter2@a,,b/d", "a host is empty; write its name before the port and between commas.")]
    [InlineData(
        "postgres://u:hunter2@[::1/d",
        "the host begins with [ but has no closing ]; write an IPv6 address as [::1]."
    )]
    [InlineData(
        "postgres://u:hunter2@[nonsense]/d",
        "the host between [ and ] is not an IPv6 address; only those stand in brackets."
    )]
    [InlineData("postgres://u:hunter2@[::1]5432/d", "after the host [::1] only a colon and a port may follow.")]
    [InlineData(
        "postgres://u:hunter2@::1:5432/d",
        "a host has more than one colon; write an IPv6 address in brackets, as [::1]:5432."
    )]
    [InlineData("postgres://u:hunter2@ho<st/d", "the host contains a character that no host name has.")]
    [InlineData("postgres://u:hunter2@h/d?sslmod=require", "unknown parameter \"sslmod\"; did you mean \"sslmode\"?")]
    [InlineData("postgres://u:hunter2@h/d?SSLMODE=require", "unknown parameter \"SSLMODE\"; did you mean \"sslmode\"?")]
    [InlineData(
        "postgres://u:hunter2@h/d?colour=blue",
        "unknown parameter \"colour\"; known are sslmode, sslrootcert, channel_binding, options, application_name, connect_timeout, target_session_attrs"
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?statement_timeout=5",
        "unknown parameter \"statement_timeout\"; a server setting is written as options=-c%20name%3Dvalue"
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?sslmode=",
        "the parameter \"sslmode\" is empty; give it a value or leave it out."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?sslmode=no-verify",
        "the parameter \"sslmode\" \"no-verify\" must be one of disable, allow, prefer, require, verify-ca, verify-full."
    )]
    [InlineData("postgres://u:hunter2@h/d?sslmode", "the parameter \"sslmode\" has no value; write name=value.")]
    [InlineData(
        "postgres://u:hunter2@h/d?sslmode=require&",
        "the list of parameters after ? has an empty place; remove the extra ? or &."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?sslmode=require&sslmode=disable",
        "the parameter \"sslmode\" is given twice with two values."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?channel_binding=yes",
        "the parameter \"channel_binding\" \"yes\" must be one of disable, prefer, require."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?connect_timeout=soon",
        "the parameter \"connect_timeout\" \"soon\" must be a whole number from 0 to 1024 (seconds)."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?connect_timeout=-1",
        "the parameter \"connect_timeout\" must be a whole number from 0 to 1024 (seconds)."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?target_session_attrs=master",
        "the parameter \"target_session_attrs\" \"master\" must be one of any, read-write, read-only, primary, standby, prefer-standby."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?sslrootcert=system&sslmode=require",
        "the parameter \"sslrootcert\" \"system\" needs sslmode=verify-full: any weaker mode would trust a certificate anybody can get."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?hostaddr=10.0.0.1",
        "the parameter \"hostaddr\" is not supported by Npgsql; write the address as the host."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?host=other",
        "the parameter \"host\" names another host than the URI before the ?; keep one of them."
    )]
    [InlineData(
        "postgres://u:hunter2@h:1/d?port=2",
        "the parameter \"port\" names another port than the URI before the ?; keep one of them."
    )]
    [InlineData("postgres://u:hunter2@a,b/d?port=1,2,3", "the parameter \"port\" lists 3 ports for 2 hosts.")]
    [InlineData(
        "postgres://u:hunter2@h/d?user=root",
        "the parameter \"user\" says something else than the URI before the ?; keep one of them."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?password=other",
        "the parameter \"password\" says something else than the URI before the ?; keep one of them."
    )]
    [InlineData(
        "postgres://u:@h/d",
        "the password is empty; write it after the colon, or leave the colon out where none is needed."
    )]
    [InlineData(
        "postgres://u:[YOUR-PASSWORD]@h/d",
        "the password is still the placeholder; put the database's password in its place."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d/",
        "the database name contains a /; leave it out, or write it as %2F if it belongs to the name."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d#top",
        "the URI contains an unescaped #; write it as %23 (and a / in the password as %2F)."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d b",
        "the URI contains white space or a control character; write a space as %20."
    )]
    [InlineData(
        "postgres://u:hunter2%@h/d",
        "the password contains a % that is not followed by two hexadecimal digits; write % as %25."
    )]
    [InlineData(
        "postgres://u:hun%zzter2@h/d",
        "the password contains a % that is not followed by two hexadecimal digits; write % as %25."
    )]
    [InlineData(
        "postgres://u:hunter2%00@h/d",
        "the password contains a % that is not followed by two hexadecimal digits; write % as %25."
    )]
    [InlineData(
        "postgres:///d",
        "the URI names no host; write postgresql://user@host:5432/database, or postgresql:///database?host=/var/run/postgresql for a socket."
    )]
    [InlineData(
        "postgres://u:hunter2@/d",
        "the URI names no host; write postgresql://user@host:5432/database, or postgresql:///database?host=/var/run/postgresql for a socket."
    )]
    [InlineData(
        "postgres:u:hunter2@h/d",
        "after \"postgres:\" two slashes must follow; write postgresql://user@host:5432/database."
    )]
    [InlineData(
        "jdbc:postgresql://h/d?password=hunter2",
        "the scheme \"jdbc:\" is another driver's; write postgresql:// instead."
    )]
    [InlineData(
        "postgresql+asyncpg://u:hunter2@h/d",
        "the scheme \"postgresql+asyncpg:\" is another driver's; write postgresql:// instead."
    )]
    [InlineData(
        "mysql://u:hunter2@h/d",
        "the scheme \"mysql:\" is not PostgreSQL's; a postgresql:// URI or Npgsql's Host=…;Database=… form is needed."
    )]
    [InlineData(
        "'postgres://u:hunter2@h/d'",
        "it is wrapped in quotes or begins with a command; keep only the URI itself."
    )]
    [InlineData(
        "psql postgres://u:hunter2@h/d",
        "it is wrapped in quotes or begins with a command; keep only the URI itself."
    )]
    [InlineData(
        "DATABASE_URL=postgres://u:hunter2@h/d",
        "it begins with \"DATABASE_URL=\"; keep only what stands after the = sign."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?target_session_attrs=standby",
        "the parameter \"target_session_attrs\" \"standby\" chooses among several hosts, but one is named; leave it out."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?require_auth=md5,!none",
        "the parameter \"require_auth\" must list methods either all with a leading ! or all without."
    )]
    [InlineData(
        "postgres://u:hunter2@h/d?sslnegotiation=direct",
        "its settings do not go together: SSL Mode has to be Require or higher to be used with direct SSL Negotiation."
    )]
    [InlineData(
        "hunter2",
        "it is neither a postgresql:// URI nor Npgsql's Host=…;Database=… form (parameters separated by ;). (It is not shown: it may hold a secret.)"
    )]
    [InlineData(
        "host=h port=5432 password=hunter2",
        "it is neither a postgresql:// URI nor Npgsql's Host=…;Database=… form (parameters separated by ;). (It is not shown: it may hold a secret.)"
    )]
    public void What_is_wrong_is_said_in_one_line(string text, string problem)
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            PostgresConnectionString.Parse(text, "DATABASE_URL")
        );

        Assert.Equal([$"DATABASE_URL: {problem}"], thrown.Problems);
        Assert.DoesNotContain("hunter2", thrown.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://u:hun@ter2@h/d", "@")]
    [InlineData("postgres://u:hun@ter2/x@h/d", "@")]
    [InlineData("postgres://u:hun/ter2@h/d", "/")]
    [InlineData("postgres://u:hun?ter2@h/d", "?")]
    public void A_password_that_breaks_the_uri_is_not_shown(string text, string separator)
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            PostgresConnectionString.Parse(text, "DATABASE_URL")
        );

        Assert.Equal(
            $"DATABASE_URL: the user name or the password contains an unescaped {separator}; write it as "
                + $"{Uri.EscapeDataString(separator)}. (The text is not shown: it may be part of the password.)",
            thrown.Message
        );
    }

    [Fact]
    public void The_rest_of_a_cut_password_is_not_taken_for_a_name()
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            PostgresConnectionString.Parse("postgres://u@h/d?password=ab&hunter2=x", "DATABASE_URL")
        );

        Assert.StartsWith(
            "DATABASE_URL: unknown parameter (not shown: it may be part of a secret)",
            thrown.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Several_problems_are_said_at_once()
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            PostgresConnectionString.Parse(
                "postgres://u:pw@h:99999/d?sslmod=require&channel_binding=maybe",
                "DATABASE_URL"
            )
        );

        Assert.Equal(
            [
                "DATABASE_URL: the port of host \"h\" must be a whole number from 1 to 65535.",
                "DATABASE_URL: unknown parameter \"sslmod\"; did you mean \"sslmode\"?",
                "DATABASE_URL: the parameter \"channel_binding\" \"maybe\" must be one of disable, prefer, require.",
            ],
            thrown.Problems
        );
    }

    [Theory]
    [InlineData("postgresql://me:p%40%2F%20w@db.example.com:5433/app?sslmode=verify-full&channel_binding=require")]
    [InlineData("postgresql://me@%2Fvar%2Frun%2Fpostgresql:5432/app")]
    [InlineData("postgresql://me@[::1]:5432/app")]
    [InlineData("postgresql://a:1,[::1]:2/app?target_session_attrs=primary")]
    [InlineData("postgresql://me@h:5432/app?application_name=x%20y&options=-c%20geqo%3Doff&connect_timeout=3")]
    public void A_uri_is_written_as_it_was_read(string uri) =>
        Assert.Equal(uri, PostgresConnectionString.Parse(uri).ToUri());

    [Theory]
    [InlineData(
        "Host=h;Search Path=a, b;Timezone=UTC",
        "postgresql://h:5432/?options=-c%20search_path%3Da%2C%5C%20b%20-c%20TimeZone%3DUTC"
    )]
    [InlineData("Host=h;Pooling=false;Command Timeout=9;Include Error Detail=true", "postgresql://h:5432/")]
    public void What_only_Npgsql_knows_is_said_in_libpqs_words_or_left_out(string keyValue, string uri) =>
        Assert.Equal(uri, PostgresConnectionString.Parse(keyValue).ToUri());

    [Theory]
    [InlineData("postgres://me:hunter2@h/app", "h:5432/app as me")]
    [InlineData("postgres://me:hunter2@[::1]:1,b/app?sslpassword=hunter2", "[::1]:1,b:5432/app as me")]
    [InlineData("postgres://h", "h:5432/(the user's own) as (the operating system's user)")]
    [InlineData("postgres:///app?host=/run/pg", "/run/pg:5432/app as (the operating system's user)")]
    public void A_description_holds_no_secret(string uri, string description) =>
        Assert.Equal(description, $"{PostgresConnectionString.Parse(uri)}");
}
