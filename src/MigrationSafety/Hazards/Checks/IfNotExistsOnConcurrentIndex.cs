using System.Text.RegularExpressions;
using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>CREATE INDEX CONCURRENTLY IF NOT EXISTS.</summary>
internal sealed partial class IfNotExistsOnConcurrentIndex : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "if-not-exists-on-concurrent-index",
            HazardGroup.LeavesAMess,
            "An index that failed to build passes for one that exists",
            "When CREATE INDEX CONCURRENTLY fails, it leaves an invalid index behind: it is paid for on every write, serves no query, and a unique one does "
                + "not keep duplicates out. IF NOT EXISTS looks at the name alone, finds it, and does nothing: the migration succeeds, and nobody "
                + "notices. Dropping what may be left, first, makes the command one that can be run again.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email_idx ON users (email);",
                    """
                    DROP INDEX CONCURRENTLY IF EXISTS users_email_idx;
                    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
                    """,
                    """
                    // The rails drop an invalid index of this name by themselves:
                    migrationBuilder.Sql("CREATE INDEX CONCURRENTLY users_email_idx ON users (email);", suppressTransaction: true);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not CreateIndex { Concurrently: true, IfNotExists: true, Name: { } name } create
            || context.Before.Any(s =>
                s.Statement is DropStatement { Kind: ObjectKind.Index } drop && drop.Names.Any(n => n.Name == name.Name)
            )
        )
        {
            yield break;
        }

        var sql = IfNotExists().Replace(statement.Text, "", 1);
        yield return new Found(
            statement,
            context.Shown(create.Table),
            $"If building {ObjectName.Quoted(name.Name)} fails, an invalid index of that name is left. The next run finds the name, does nothing, and succeeds: the index serves no "
                + "query for ever"
                + (create.Unique ? ", and keeps no duplicate out." : "."),
            context.IsMigration
                ? "// the rails drop an invalid index of this name by themselves:\n"
                    + CSharp.Sql(sql, suppressTransaction: true)
                : $"DROP INDEX CONCURRENTLY IF EXISTS {name};\n{sql};"
        );
    }

    [GeneratedRegex(@"\bIF\s+NOT\s+EXISTS\s+", RegexOptions.IgnoreCase)]
    private static partial Regex IfNotExists();
}
