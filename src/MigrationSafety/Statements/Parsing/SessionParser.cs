using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Transactions, settings, maintenance and what is left.</summary>
internal static class SessionParser
{
    public static Statement Transaction(SqlCursor c)
    {
        var verb = c.Next().Text;
        if (verb == "PREPARE" && !c.Sees("TRANSACTION"))
        {
            return new OtherStatement("PREPARE");
        }

        var toSavepoint = false;
        while (!c.IsAtEnd)
        {
            toSavepoint |= c.Next().IsWord("TO");
        }

        return new TransactionStatement(
            verb switch
            {
                "BEGIN" or "START" => TransactionVerb.Begin,
                "COMMIT" or "END" => TransactionVerb.Commit,
                "SAVEPOINT" or "RELEASE" => TransactionVerb.Savepoint,
                "PREPARE" => TransactionVerb.Prepare,
                _ => toSavepoint ? TransactionVerb.Savepoint : TransactionVerb.Rollback,
            }
        );
    }

    public static Statement Set(SqlCursor c)
    {
        var reset = c.Next().Text == "RESET";
        if (!reset && c.SeesAny("CONSTRAINTS", "TRANSACTION"))
        {
            return new OtherStatement("SET " + c.Next().Text);
        }

        var scope = c.TakeAny("LOCAL", "SESSION");
        if (c.SeesAny("CHARACTERISTICS", "AUTHORIZATION"))
        {
            return new OtherStatement("SET SESSION");
        }

        if (c.Take("TIME", "ZONE"))
        {
            return new SetParameter("timezone", c.Rest().Text, scope == "LOCAL");
        }

        if (c.Take("ROLE"))
        {
            return new SetParameter("role", c.Rest().Text, scope == "LOCAL");
        }

        var name = c.Name();
        while (c.TakeSymbol("."))
        {
            name += "." + c.Name();
        }

        if (reset)
        {
            return new SetParameter(name, null, IsLocal: false);
        }

        // SET NAMES 'utf8', SET SCHEMA 'x', SET XML OPTION: without an equals sign.
        if (!c.TakeSymbol("=") && !c.Take("TO") && name is not ("names" or "schema" or "xml" or "seed"))
        {
            throw c.Unexpected("= or TO");
        }

        var value = c.Rest();
        return new SetParameter(
            name == "schema" ? "search_path" : name,
            value.Tokens is [{ Kind: SqlTokenKind.Word, Text: "DEFAULT" }] ? null : value.Text,
            scope == "LOCAL"
        );
    }

    public static Truncate Truncate(SqlCursor c)
    {
        c.Expect("TRUNCATE");
        c.Take("TABLE");
        var tables = c.ObjectNames();
        c.Take("RESTART", "IDENTITY");
        c.Take("CONTINUE", "IDENTITY");
        return new Truncate(tables, c.TakeAny("CASCADE", "RESTRICT") == "CASCADE");
    }

    public static Statement Vacuum(SqlCursor c)
    {
        if (c.Next().Text != "VACUUM")
        {
            return new OtherStatement("ANALYZE");
        }

        var full = false;
        if (c.SeesSymbol("("))
        {
            full = c.Options().TryGetValue("full", out var on) && on is not ("false" or "off" or "0");
        }

        while (c.TakeAny("FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE") is { } option)
        {
            full |= option == "FULL";
        }

        var tables = new List<ObjectName>();
        while (!c.IsAtEnd)
        {
            c.Take("ONLY");
            tables.Add(c.ObjectName());
            if (c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }

            c.TakeSymbol("*");
            if (!c.TakeSymbol(","))
            {
                break;
            }
        }

        return new Vacuum(full, tables);
    }

    public static ClusterTable Cluster(SqlCursor c)
    {
        c.Expect("CLUSTER");
        if (c.SeesSymbol("("))
        {
            c.SkipParentheses();
        }

        c.Take("VERBOSE");
        if (c.IsAtEnd)
        {
            return new ClusterTable(null);
        }

        // CLUSTER index ON table, as it was written until PostgreSQL 8.3.
        var name = c.ObjectName();
        return new ClusterTable(c.Take("ON") ? c.ObjectName() : name);
    }

    public static LockTable Lock(SqlCursor c)
    {
        c.Expect("LOCK");
        c.Take("TABLE");
        var tables = c.ObjectNames();
        return new LockTable(tables, c.Take("IN") ? c.UntilWord("MODE").Text.ToUpperInvariant() : "ACCESS EXCLUSIVE");
    }

    public static CommentStatement Comment(SqlCursor c)
    {
        c.Expect("COMMENT", "ON");
        if (c.TakeAny("COLUMN", "CONSTRAINT") is not null)
        {
            return new CommentStatement(ObjectKind.Other, null);
        }

        var kind = KindParser.Parse(c);
        return new CommentStatement(kind, kind == ObjectKind.Other || !c.Peek().IsName ? null : c.ObjectName());
    }

    public static Copy Copy(SqlCursor c)
    {
        c.Expect("COPY");
        c.Take("BINARY");
        ObjectName? table = c.SeesSymbol("(") ? null : c.ObjectName();
        if (c.SeesSymbol("("))
        {
            c.SkipParentheses();
        }

        return new Copy(table, c.TakeAny("FROM", "TO") == "FROM");
    }
}
