using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>DROP.</summary>
internal static class DropParser
{
    public static Statement Parse(SqlCursor c)
    {
        c.Expect("DROP");
        if (c.Take("OWNED"))
        {
            return new OtherStatement("DROP OWNED");
        }

        var kind = KindParser.Parse(c);
        var concurrently = c.Take("CONCURRENTLY");
        var ifExists = c.TakeIfExists();
        if (kind == ObjectKind.Other)
        {
            return new OtherStatement("DROP");
        }

        var names = new List<ObjectName>();
        do
        {
            names.Add(c.ObjectName());
            if (c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }
        } while (c.TakeSymbol(","));

        ObjectName? on = c.Take("ON") ? c.ObjectName() : null;
        return new DropStatement(
            kind,
            names,
            on,
            ifExists,
            concurrently,
            c.TakeAny("CASCADE", "RESTRICT") == "CASCADE"
        );
    }
}

/// <summary>The words for a kind of object.</summary>
internal static class KindParser
{
    public static ObjectKind Parse(SqlCursor c)
    {
        if (c.Take("MATERIALIZED", "VIEW"))
        {
            return ObjectKind.MaterializedView;
        }

        if (c.Take("FOREIGN", "TABLE"))
        {
            return ObjectKind.ForeignTable;
        }

        return c.Next().Text switch
        {
            "TABLE" => ObjectKind.Table,
            "VIEW" => ObjectKind.View,
            "SEQUENCE" => ObjectKind.Sequence,
            "INDEX" => ObjectKind.Index,
            "TYPE" => ObjectKind.Type,
            "DOMAIN" => ObjectKind.Domain,
            "FUNCTION" => ObjectKind.Function,
            "PROCEDURE" => ObjectKind.Procedure,
            "ROUTINE" => ObjectKind.Routine,
            "AGGREGATE" => ObjectKind.Aggregate,
            "TRIGGER" => ObjectKind.Trigger,
            "POLICY" => ObjectKind.Policy,
            "RULE" => ObjectKind.Rule,
            "SCHEMA" => ObjectKind.Schema,
            "EXTENSION" => ObjectKind.Extension,
            "ROLE" or "USER" or "GROUP" when !c.Sees("MAPPING") => ObjectKind.Role,
            "DATABASE" => ObjectKind.Database,
            "CAST"
            or "COLLATION"
            or "CONVERSION"
            or "EVENT"
            or "FOREIGN"
            or "LANGUAGE"
            or "OPERATOR"
            or "PUBLICATION"
            or "SERVER"
            or "STATISTICS"
            or "SUBSCRIPTION"
            or "TABLESPACE"
            or "TEXT"
            or "TRANSFORM"
            or "ACCESS"
            or "USER"
            or "PROCEDURAL"
            or "COLUMN"
            or "CONSTRAINT"
            or "LARGE" => ObjectKind.Other,
            _ => throw c.Unexpected("a kind of object"),
        };
    }
}
