using System.ComponentModel;
using System.Reflection;
using MigrationSafety.Connections;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Connections;

public class KeyValueStringTests
{
    [Theory]
    [InlineData("Host=h")]
    [InlineData("Server=h;User Id=u;PWD=p;DB=d")]
    [InlineData(" host = h ; PORT = 5433 ; database = d ; ")]
    [InlineData("Host=h;Password='a;b=c''d';Username=\"u;\"")]
    [InlineData("Host=h;Password=a=b==c")]
    [InlineData("Host=h;SSL Mode=VerifyFull;Trust Server Certificate=true")]
    [InlineData("Host=\"a:1,b:2\";Target Session Attributes=primary")]
    [InlineData("Host=::1;Port=5433")]
    [InlineData("Host=/var/run/postgresql;Username=u")]
    [InlineData("Host=h;Maximum Pool Size=5;KeepAlive=30;TcpKeepAlive=true;Options=-c geqo=off")]
    [InlineData("Host=h;UID=u;Psw=p;Krbsrvname=k;Load Balance Timeout=3;User Name=u")]
    public void Npgsqls_own_form_is_taken_as_Npgsql_takes_it(string text) =>
        Assert.Equal(
            new NpgsqlConnectionStringBuilder(text).ConnectionString,
            PostgresConnectionString.Parse(text).KeyValue
        );

    [Fact]
    public void Every_keyword_and_synonym_of_Npgsqls_is_known()
    {
        var properties = typeof(NpgsqlConnectionStringBuilder)
            .GetProperties()
            .Select(p =>
                (p.Name, Synonyms: Synonyms(p), Shown: p.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName)
            )
            .Where(p => p.Synonyms is not null)
            .ToList();
        Assert.NotEmpty(properties);

        foreach (var keyword in properties.SelectMany(p => new[] { p.Name, p.Shown }.Concat(p.Synonyms!)))
        {
            // Either it takes this value, or the message says what this very parameter must be.
            try
            {
                PostgresConnectionString.Parse($"Host=h;{keyword}=zz");
            }
            catch (ConnectionStringException e)
            {
                var name = properties
                    .Single(p => p.Name == keyword || p.Shown == keyword || p.Synonyms!.Contains(keyword))
                    .Shown;
                Assert.Contains($"the parameter \"{name}\" ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    // The attribute is internal to Npgsql.
    private static string[]? Synonyms(PropertyInfo property) =>
        property
            .GetCustomAttributes()
            .Where(a => a.GetType().Name == "NpgsqlConnectionStringPropertyAttribute")
            .Select(a => (string[])a.GetType().GetProperty("Synonyms")!.GetValue(a)!)
            .SingleOrDefault();

    [Theory]
    [InlineData(
        "Host=h;Password=hunter2;Bogus=1",
        "unknown parameter \"Bogus\"; see Npgsql's connection string parameters (A value that contains ; or = must be quoted: Password='…'.)"
    )]
    [InlineData(
        "Host=h;Databse=d;Password=hunter2",
        "unknown parameter \"Databse\"; did you mean \"Database\"? (A value that contains ; or = must be quoted: Password='…'.)"
    )]
    [InlineData(
        "Host=h;user=u;Password=hunter2",
        "unknown parameter \"user\"; did you mean \"Username\"? (A value that contains ; or = must be quoted: Password='…'.)"
    )]
    [InlineData(
        "Host=h;Password=p;hunter2=x",
        "unknown parameter (not shown: it may be part of a secret); see Npgsql's connection string parameters (A value that contains ; or = must be quoted: Password='…'.)"
    )]
    [InlineData(
        "Host=h;Password=p;hunter2",
        "there is text without an = after \"Password\"; parameters are written Keyword=Value, and a value that contains ; must be quoted: Password='…'. (The text is not shown: it may be part of a secret.)"
    )]
    [InlineData(
        "Host=h;Password=p;hunter2;Port=1",
        "there is text without an = after \"Password\"; parameters are written Keyword=Value, and a value that contains ; must be quoted: Password='…'. (The text is not shown: it may be part of a secret.)"
    )]
    [InlineData(
        "Host=h;Password='hunter2",
        "the value of \"Password\" begins with a quote that does not end, or has text after it; double a quote inside a quoted value."
    )]
    [InlineData(
        "Host=h;Password=\"hunter2\"x",
        "the value of \"Password\" begins with a quote that does not end, or has text after it; double a quote inside a quoted value."
    )]
    [InlineData("Host=h;Port=99999;Password=hunter2", "the parameter \"Port\" must be a whole number from 1 to 65535.")]
    [InlineData(
        "Host=h;Port=five;Password=hunter2",
        "the parameter \"Port\" \"five\" must be a whole number from 1 to 65535."
    )]
    [InlineData(
        "Host=h:99999,b;Password=hunter2",
        "the parameter \"Host\" must be host names, addresses or a socket directory, separated by commas (and parameters by ;)."
    )]
    [InlineData("Host=;Password=hunter2", "the parameter \"Host\" is empty; give it a value or leave it out.")]
    [InlineData("Host=h;Password=", "the parameter \"Password\" is empty; give it a value or leave it out.")]
    [InlineData("Database=d;Password=hunter2", "no \"Host\" is given; write Host=name or Host=/socket/directory.")]
    [InlineData(
        "Host=h;SSL Mode=verify-full;Password=hunter2",
        "the parameter \"SSL Mode\" \"verify-full\" must be one of Disable, Allow, Prefer, Require, VerifyCA, VerifyFull."
    )]
    [InlineData(
        "Host=h;SSL Mode=77",
        "the parameter \"SSL Mode\" must be one of Disable, Allow, Prefer, Require, VerifyCA, VerifyFull."
    )]
    [InlineData("Host=h;Timeout=2000", "the parameter \"Timeout\" must be a whole number from 0 to 1024 (seconds).")]
    [InlineData("Host=h;Pooling=maybe", "the parameter \"Pooling\" \"maybe\" must be true or false.")]
    [InlineData(
        "Host=h;Target Session Attributes=master",
        "the parameter \"Target Session Attributes\" must be one of any, primary, standby, prefer-primary, prefer-standby, read-write, read-only."
    )]
    [InlineData("Host=a;Host=b", "the parameter \"Host\" is given twice with two values; keep one of them.")]
    public void What_is_wrong_is_said_in_one_line(string text, string problem)
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            PostgresConnectionString.Parse(text, "DATABASE_URL")
        );

        Assert.Equal([$"DATABASE_URL: {problem}"], thrown.Problems);
        Assert.DoesNotContain("hunter2", thrown.ToString(), StringComparison.Ordinal);
    }
}
