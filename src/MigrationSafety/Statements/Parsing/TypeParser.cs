using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Types, domains, sequences, schemas and extensions.</summary>
internal static class TypeParser
{
    public static CreateType Create(SqlCursor c)
    {
        var name = c.ObjectName();
        if (!c.Take("AS", "ENUM"))
        {
            return new CreateType(name, null);
        }

        var labels = new List<string>();
        c.ExpectSymbol("(");
        while (!c.IsAtEnd && !c.TakeSymbol(")"))
        {
            labels.Add(c.String());
            c.TakeSymbol(",");
        }

        return new CreateType(name, labels);
    }

    public static Statement Alter(SqlCursor c)
    {
        var name = c.ObjectName();
        if (c.Take("ADD", "VALUE"))
        {
            var ifNotExists = c.TakeIfNotExists();
            return new AddEnumValue(name, c.String(), ifNotExists);
        }

        if (c.Take("RENAME", "VALUE"))
        {
            var from = c.String();
            c.Expect("TO");
            return new RenameEnumValue(name, from, c.String());
        }

        if (c.SeesAny("ADD", "DROP", "ALTER") || c.Sees("RENAME", "ATTRIBUTE"))
        {
            return new AlterCompositeType(name, c.Rest().Text);
        }

        return Changed(c, ObjectKind.Type, name);
    }

    public static CreateDomain CreateDomain(SqlCursor c)
    {
        var name = c.ObjectName();
        c.Take("AS");
        var type = c.Type();
        var rest = c.Rest().Tokens;
        var isConstrained =
            rest.Any(t => t.IsWord("CHECK"))
            || rest.Zip(rest.Skip(1)).Any(pair => pair.First.IsWord("NOT") && pair.Second.IsWord("NULL"));
        return new CreateDomain(name, type, isConstrained);
    }

    public static Statement AlterDomain(SqlCursor c)
    {
        var name = c.ObjectName();
        if (c.Sees("RENAME", "TO") || c.Sees("SET", "SCHEMA") || c.Sees("OWNER", "TO"))
        {
            return Changed(c, ObjectKind.Domain, name);
        }

        if (c.IsAtEnd)
        {
            throw c.Unexpected("an action of ALTER DOMAIN");
        }

        var rest = c.Rest();
        var action = rest.Tokens is [{ Text: "SET" }, { Text: "NOT" }, ..] ? "SET NOT NULL" : rest.Tokens[0].Text;
        return new AlterDomain(name, action, rest.Tokens is [.., { Text: "NOT" }, { Text: "VALID" }]);
    }

    public static CreateSequence CreateSequence(SqlCursor c)
    {
        var ifNotExists = c.TakeIfNotExists();
        var name = c.ObjectName();
        return new CreateSequence(name, c.Take("AS") ? c.Type() : null, ifNotExists);
    }

    public static CreateSchema CreateSchema(SqlCursor c)
    {
        var ifNotExists = c.TakeIfNotExists();
        var name = c.Sees("AUTHORIZATION") ? null : c.Name();
        return new CreateSchema(name ?? c.Peek(1).Name, ifNotExists);
    }

    public static CreateExtension CreateExtension(SqlCursor c)
    {
        var ifNotExists = c.TakeIfNotExists();
        var name = c.Name();
        string? schema = null;
        while (!c.IsAtEnd)
        {
            if (c.Take("SCHEMA"))
            {
                schema = c.Name();
            }
            else
            {
                c.Next();
            }
        }

        return new CreateExtension(name, schema, ifNotExists);
    }

    /// <summary>RENAME TO, SET SCHEMA, OWNER TO of a schema, a trigger, an extension.</summary>
    public static AlterObject AlterObject(SqlCursor c, ObjectKind kind)
    {
        var name = c.ObjectName();
        if (c.Take("ON"))
        {
            c.ObjectName();
        }

        return Changed(c, kind, name);
    }

    private static AlterObject Changed(SqlCursor c, ObjectKind kind, ObjectName name)
    {
        string? renamed = null;
        string? schema = null;
        string? owner = null;
        if (c.Take("RENAME", "TO"))
        {
            renamed = c.Name();
        }
        else if (c.Take("SET", "SCHEMA"))
        {
            schema = c.Name();
        }
        else if (c.Take("OWNER", "TO"))
        {
            owner = c.Name();
        }

        return new AlterObject(kind, name, renamed, schema, owner);
    }
}
