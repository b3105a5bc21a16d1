using MigrationSafety.Connections;
using Xunit;

namespace MigrationSafety.Tests.Connections;

public class DatabaseUrlTests
{
    private const string A = "postgres://owner:hunter2@a/app";
    private const string B = "postgres://owner:hunter2@b/app";

    [Theory]
    [InlineData(null, null, null, null, null)]
    [InlineData(A, null, null, "MIGRATE_DATABASE_URL", "a:5432/app as owner")]
    [InlineData(null, A, null, "DATABASE_URL", "a:5432/app as owner")]
    [InlineData(A, B, null, "MIGRATE_DATABASE_URL", "a:5432/app as owner")]
    [InlineData(null, null, B, "--connection", "b:5432/app as owner")]
    [InlineData(A, B, A, "MIGRATE_DATABASE_URL", "a:5432/app as owner")]
    [InlineData(null, A, "Host=A;Database=app;Username=owner", "DATABASE_URL", "a:5432/app as owner")]
    public void The_first_that_is_named_counts(
        string? migrate,
        string? application,
        string? typed,
        string? source,
        string? where
    )
    {
        var found = DatabaseUrl.Resolve(Environment(migrate, application), typed);

        Assert.Equal(source, found?.Source);
        Assert.Equal(where, found?.Connection.ToString());
    }

    [Theory]
    [InlineData(B)]
    [InlineData("postgres://owner:hunter2@a:5433/app")]
    [InlineData("postgres://owner:hunter2@a/other")]
    [InlineData("postgres://other:hunter2@a/app")]
    public void A_typed_connection_that_leads_elsewhere_is_refused(string typed)
    {
        var thrown = Assert.Throws<ConnectionStringException>(() => DatabaseUrl.Resolve(Environment(A, null), typed));

        Assert.Equal(
            $"--connection names {PostgresConnectionString.Parse(typed)}, but MIGRATE_DATABASE_URL is set and names "
                + "a:5432/app as owner. Nothing was run. Unset MIGRATE_DATABASE_URL to use --connection, or leave "
                + "--connection out to use MIGRATE_DATABASE_URL.",
            thrown.Message
        );
    }

    [Theory]
    [InlineData("", null, "MIGRATE_DATABASE_URL")]
    [InlineData(" ", A, "MIGRATE_DATABASE_URL")]
    [InlineData(null, "", "DATABASE_URL")]
    public void A_blank_variable_is_named_and_not_passed_over(string? migrate, string? application, string name)
    {
        var thrown = Assert.Throws<ConnectionStringException>(() =>
            DatabaseUrl.Resolve(Environment(migrate, application), B)
        );

        Assert.Equal(
            $"{name}: it is empty; set it to a postgresql:// URI or to Npgsql's Host=…;Database=… form, or unset it.",
            thrown.Message
        );
    }

    private static Func<string, string?> Environment(string? migrate, string? application) =>
        name =>
            name switch
            {
                "MIGRATE_DATABASE_URL" => migrate,
                "DATABASE_URL" => application,
                _ => null,
            };
}
