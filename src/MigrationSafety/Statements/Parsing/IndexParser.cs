using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Indexes and materialized views.</summary>
internal static class IndexParser
{
    /// <summary>CREATE INDEX, from behind CREATE INDEX or CREATE UNIQUE on.</summary>
    public static CreateIndex Create(SqlCursor c, bool unique)
    {
        if (unique)
        {
            c.Expect("INDEX");
        }

        var concurrently = c.Take("CONCURRENTLY");
        var ifNotExists = c.TakeIfNotExists();
        ObjectName? name = c.Sees("ON") ? null : c.ObjectName();
        c.Expect("ON");
        var only = c.Take("ONLY");
        var table = c.ObjectName();
        if (name is { Schema: null } own && table.Schema is not null)
        {
            name = own with { Schema = table.Schema };
        }

        var method = c.Take("USING") ? c.Name() : "btree";
        var keys = new List<IndexKey>();
        c.ExpectSymbol("(");
        while (!c.IsAtEnd && !c.TakeSymbol(")"))
        {
            // A column, unless it goes on as an expression: lower(name), (a || b).
            var column = c.Peek().IsName && !c.Peek(1).IsSymbol("(") ? c.Peek().Name : null;
            keys.Add(new IndexKey(column, c.UntilComma().Text));
            c.TakeSymbol(",");
        }

        var included = c.Take("INCLUDE") ? c.NamesInParentheses() : [];
        Expression? where = null;
        while (!c.IsAtEnd)
        {
            if (c.Take("WHERE"))
            {
                where = c.Rest();
            }
            else if (c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }
            else
            {
                c.Next();
            }
        }

        return new CreateIndex(name, table, only, unique, concurrently, ifNotExists, method, keys, included, where);
    }

    public static Reindex Reindex(SqlCursor c)
    {
        c.Expect("REINDEX");
        var concurrently =
            c.SeesSymbol("(")
            && c.Options().TryGetValue("concurrently", out var on)
            && on is not ("false" or "off" or "0");
        var target =
            c.TakeAny("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM") ?? throw c.Unexpected("what to reindex");
        concurrently |= c.Take("CONCURRENTLY");
        return new Reindex(target, c.IsAtEnd ? null : c.ObjectName(), concurrently);
    }

    public static RefreshMaterializedView Refresh(SqlCursor c)
    {
        c.Expect("REFRESH", "MATERIALIZED", "VIEW");
        var concurrently = c.Take("CONCURRENTLY");
        return new RefreshMaterializedView(c.ObjectName(), concurrently, c.Take("WITH", "NO", "DATA"));
    }
}
