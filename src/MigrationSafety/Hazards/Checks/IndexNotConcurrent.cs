using System.Text.RegularExpressions;
using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>CREATE INDEX without CONCURRENTLY on a table in use.</summary>
internal sealed partial class IndexNotConcurrent : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "index-not-concurrent",
            HazardGroup.BlocksTheApplication,
            "An index is built while every write waits",
            "CREATE INDEX reads the whole table, and until it is done nobody may change a row of it. On a large table that takes minutes: "
                + "whatever the application saves hangs, its connections run out, and soon nothing answers. CREATE INDEX CONCURRENTLY "
                + "reads the table twice and takes longer, and everybody goes on working meanwhile.",
            "SHARE on the table: reads go on, INSERT, UPDATE and DELETE wait",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "CREATE INDEX users_email_idx ON users (email);",
                    "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);",
                    """migrationBuilder.CreateIndex(name: "users_email_idx", table: "users", column: "email");"""
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "CREATE UNIQUE INDEX users_email_key ON users (lower(email));",
                    "CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (lower(email));"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not CreateIndex { Concurrently: false } create || !context.IsInUse(create.Table))
        {
            yield break;
        }

        // On a partitioned table alone, it is an entry in the catalog that the partitions' indexes are attached to.
        if (create.Only && context.Schema.Table(create.Table)?.IsPartitioned != false)
        {
            yield break;
        }

        var table = context.Shown(create.Table);
        var name = create.Name is { } named ? $"The index {ObjectName.Quoted(named.Name)}" : "This index";
        if (context.Schema.Table(create.Table)?.IsPartitioned == true)
        {
            yield return new Found(
                statement,
                table,
                $"{name} is built on every partition of {table}, and until it is done, everything that writes to it waits: the application hangs "
                    + "wherever it saves something there.",
                $"""
                -- A partitioned table cannot have its index built concurrently at once, but each partition can:
                {Only(statement.Text)};
                CREATE INDEX CONCURRENTLY … ON <each partition> (…);
                ALTER INDEX … ATTACH PARTITION …;
                """
            );
            yield break;
        }

        var sql = Concurrent(statement.Text);
        yield return new Found(
            statement,
            table,
            $"{name} is built while everything that writes to {table} waits, for minutes if it is large: the application hangs wherever it "
                + "saves something there.",
            context.IsMigration
                ? "// As an operation the rails run it concurrently by themselves: migrationBuilder.CreateIndex(…). As SQL:\n"
                    + CSharp.Sql(sql, suppressTransaction: true)
                : $"-- outside of a transaction:\n{sql};"
        );
    }

    private static string Concurrent(string sql) => AfterIndex().Replace(sql, "INDEX CONCURRENTLY", 1);

    private static string Only(string sql) => OnTable().Replace(sql, "ON ONLY ", 1);

    [GeneratedRegex(@"\bINDEX\b(\s+IF\s+NOT\s+EXISTS\b)?", RegexOptions.IgnoreCase)]
    private static partial Regex AfterIndex();

    [GeneratedRegex(@"\bON\s+", RegexOptions.IgnoreCase)]
    private static partial Regex OnTable();
}
