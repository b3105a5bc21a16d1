using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>
/// Reads statements as far as checking them needs: what they create, change and drop. What it does not know becomes an
/// <see cref="UnknownStatement"/>; it never throws. PostgreSQL itself says whether a statement is right.
/// </summary>
internal static class SqlParser
{
    /// <summary>Reads one statement, without the semicolon.</summary>
    public static Statement Parse(string sql) => Parse(new SqlCursor(sql, SqlLexer.Read(sql)));

    internal static Statement Parse(SqlCursor cursor)
    {
        try
        {
            return Dispatch(cursor);
        }
        catch (UnexpectedTokenException e)
        {
            return new UnknownStatement(e.Message);
        }
    }

    private static Statement Dispatch(SqlCursor c)
    {
        if (c.Peek().IsSymbol("("))
        {
            return QueryParser.Parse(c);
        }

        return c.Peek().Kind != SqlTokenKind.Word
            ? throw c.Unexpected("a statement")
            : c.Peek().Text switch
            {
                "CREATE" => Create(c),
                "ALTER" => Alter(c),
                "DROP" => DropParser.Parse(c),
                "SELECT" or "INSERT" or "UPDATE" or "DELETE" or "WITH" or "VALUES" or "TABLE" or "MERGE" =>
                    QueryParser.Parse(c),
                "TRUNCATE" => SessionParser.Truncate(c),
                "GRANT" or "REVOKE" => SecurityParser.Grant(c),
                "SET" or "RESET" => SessionParser.Set(c),
                "BEGIN"
                or "START"
                or "COMMIT"
                or "END"
                or "ROLLBACK"
                or "ABORT"
                or "SAVEPOINT"
                or "RELEASE"
                or "PREPARE" => SessionParser.Transaction(c),
                "VACUUM" or "ANALYZE" or "ANALYSE" => SessionParser.Vacuum(c),
                "CLUSTER" => SessionParser.Cluster(c),
                "LOCK" => SessionParser.Lock(c),
                "REINDEX" => IndexParser.Reindex(c),
                "REFRESH" => IndexParser.Refresh(c),
                "COMMENT" => SessionParser.Comment(c),
                "COPY" => SessionParser.Copy(c),
                "DO" => DoParser.Parse(c),
                "EXPLAIN"
                or "SHOW"
                or "LISTEN"
                or "NOTIFY"
                or "UNLISTEN"
                or "CALL"
                or "EXECUTE"
                or "DEALLOCATE"
                or "DISCARD"
                or "CHECKPOINT"
                or "LOAD"
                or "DECLARE"
                or "FETCH"
                or "MOVE"
                or "CLOSE"
                or "SECURITY"
                or "REASSIGN"
                or "IMPORT" => new OtherStatement(c.Next().Text),
                _ => throw c.Unexpected("a statement"),
            };
    }

    private static Statement Create(SqlCursor c)
    {
        c.Expect("CREATE");
        var replace = c.Take("OR", "REPLACE");
        var temporary = false;
        var unlogged = false;
        while (c.TakeAny("GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED") is { } word)
        {
            temporary |= word is "TEMPORARY" or "TEMP";
            unlogged |= word == "UNLOGGED";
        }

        var persistence =
            temporary ? Persistence.Temporary
            : unlogged ? Persistence.Unlogged
            : Persistence.Permanent;
        return c.Next().Text switch
        {
            "TABLE" => TableParser.Create(c, persistence, foreign: false),
            "FOREIGN" when c.Take("TABLE") => TableParser.Create(c, persistence, foreign: true),
            "UNIQUE" => IndexParser.Create(c, unique: true),
            "INDEX" => IndexParser.Create(c, unique: false),
            "VIEW" => RoutineParser.View(c, replace, temporary, materialized: false),
            "RECURSIVE" when c.Take("VIEW") => RoutineParser.View(c, replace, temporary, materialized: false),
            "MATERIALIZED" when c.Take("VIEW") => RoutineParser.View(c, replace, temporary, materialized: true),
            "FUNCTION" => RoutineParser.Create(c, ObjectKind.Function, replace),
            "PROCEDURE" => RoutineParser.Create(c, ObjectKind.Procedure, replace),
            "TRIGGER" => RoutineParser.Trigger(c, replace),
            "CONSTRAINT" when c.Take("TRIGGER") => RoutineParser.Trigger(c, replace),
            "POLICY" => SecurityParser.CreatePolicy(c),
            "TYPE" => TypeParser.Create(c),
            "DOMAIN" => TypeParser.CreateDomain(c),
            "SEQUENCE" => TypeParser.CreateSequence(c),
            "SCHEMA" => TypeParser.CreateSchema(c),
            "EXTENSION" => TypeParser.CreateExtension(c),
            "ROLE" or "USER" or "GROUP" when !c.Sees("MAPPING") => SecurityParser.Role(c, create: true),
            "AGGREGATE"
            or "CAST"
            or "COLLATION"
            or "CONVERSION"
            or "DATABASE"
            or "EVENT"
            or "FOREIGN"
            or "LANGUAGE"
            or "OPERATOR"
            or "PUBLICATION"
            or "RULE"
            or "SERVER"
            or "STATISTICS"
            or "SUBSCRIPTION"
            or "TABLESPACE"
            or "TEXT"
            or "TRANSFORM"
            or "ACCESS"
            or "USER"
            or "TRUSTED"
            or "PROCEDURAL" => new OtherStatement("CREATE " + c.Peek(-1).Text),
            _ => throw c.Unexpected("what to create"),
        };
    }

    private static Statement Alter(SqlCursor c)
    {
        c.Expect("ALTER");
        return c.Next().Text switch
        {
            "TABLE" => TableParser.Alter(c, ObjectKind.Table),
            "FOREIGN" when c.Take("TABLE") => TableParser.Alter(c, ObjectKind.ForeignTable),
            "INDEX" => TableParser.Alter(c, ObjectKind.Index),
            "VIEW" => TableParser.Alter(c, ObjectKind.View),
            "MATERIALIZED" when c.Take("VIEW") => TableParser.Alter(c, ObjectKind.MaterializedView),
            "SEQUENCE" => TableParser.Alter(c, ObjectKind.Sequence),
            "TYPE" => TypeParser.Alter(c),
            "DOMAIN" => TypeParser.AlterDomain(c),
            "POLICY" => SecurityParser.AlterPolicy(c),
            "DEFAULT" when c.Take("PRIVILEGES") => SecurityParser.DefaultPrivileges(c),
            "FUNCTION" => RoutineParser.Alter(c, ObjectKind.Function),
            "PROCEDURE" => RoutineParser.Alter(c, ObjectKind.Procedure),
            "ROUTINE" => RoutineParser.Alter(c, ObjectKind.Routine),
            "SCHEMA" => TypeParser.AlterObject(c, ObjectKind.Schema),
            "TRIGGER" => TypeParser.AlterObject(c, ObjectKind.Trigger),
            "EXTENSION" => TypeParser.AlterObject(c, ObjectKind.Extension),
            "ROLE" or "USER" or "GROUP" when !c.Sees("MAPPING") => SecurityParser.Role(c, create: false),
            "AGGREGATE"
            or "COLLATION"
            or "CONVERSION"
            or "DATABASE"
            or "EVENT"
            or "FOREIGN"
            or "LANGUAGE"
            or "LARGE"
            or "OPERATOR"
            or "PUBLICATION"
            or "RULE"
            or "SERVER"
            or "STATISTICS"
            or "SUBSCRIPTION"
            or "SYSTEM"
            or "TABLESPACE"
            or "TEXT"
            or "USER"
            or "PROCEDURAL" => new OtherStatement("ALTER " + c.Peek(-1).Text),
            _ => throw c.Unexpected("what to alter"),
        };
    }
}
