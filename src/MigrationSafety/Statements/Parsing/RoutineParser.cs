using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Functions, procedures, triggers and views.</summary>
internal static class RoutineParser
{
    public static CreateRoutine Create(SqlCursor c, ObjectKind kind, bool replace)
    {
        var name = c.ObjectName();
        var arguments = c.InParentheses().Text;
        string? returns = null;
        string? language = null;
        string? searchPath = null;
        string? body = null;
        var definer = false;
        var volatility = Volatility.Volatile;
        while (!c.IsAtEnd)
        {
            if (c.Take("RETURNS"))
            {
                if (c.Take("NULL", "ON", "NULL", "INPUT"))
                {
                    continue;
                }

                if (c.Take("TABLE"))
                {
                    c.SkipParentheses();
                    returns = "table";
                }
                else
                {
                    returns = c.Type().ToString();
                }
            }
            else if (c.Take("LANGUAGE"))
            {
                language = c.Next() is { Kind: SqlTokenKind.String } quoted ? quoted.Text : c.Peek(-1).Name;
            }
            else if (c.TakeAny("IMMUTABLE", "STABLE", "VOLATILE") is { } word)
            {
                volatility = Enum.Parse<Volatility>(word, ignoreCase: true);
            }
            else if (c.Take("SECURITY"))
            {
                definer = c.TakeAny("DEFINER", "INVOKER") == "DEFINER";
            }
            else if (c.Take("SET"))
            {
                var (setting, value) = Setting(c);
                searchPath = setting == "search_path" ? value : searchPath;
            }
            else if (c.Take("AS"))
            {
                body = c.String();
                if (c.TakeSymbol(","))
                {
                    c.String();
                }
            }
            else if (c.Take("BEGIN", "ATOMIC"))
            {
                body = c.Rest().Text;
                language ??= "sql";
            }
            else if (c.Take("RETURN"))
            {
                body = c.Rest().Text;
                language ??= "sql";
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

        return new CreateRoutine(
            kind,
            name,
            arguments,
            replace,
            returns,
            language,
            volatility,
            definer,
            searchPath,
            body
        );
    }

    // name TO value, name = value, name FROM CURRENT. A value is a list; what follows it starts with a word of the routine's own.
    private static (string Name, string Value) Setting(SqlCursor c)
    {
        var name = c.Name();
        while (c.TakeSymbol("."))
        {
            name += "." + c.Name();
        }

        if (c.Take("FROM", "CURRENT"))
        {
            return (name, "current");
        }

        if (!c.Take("TO"))
        {
            c.ExpectSymbol("=");
        }

        var first = c.At;
        do
        {
            c.Next();
        } while (c.TakeSymbol(","));

        return (name, c.Between(first, c.At).Text);
    }

    public static AlterRoutine Alter(SqlCursor c, ObjectKind kind)
    {
        var routine = new AlterRoutine(kind, c.ObjectName(), null, null, null, null, null);
        if (c.SeesSymbol("("))
        {
            c.SkipParentheses();
        }

        while (!c.IsAtEnd)
        {
            if (c.Take("RENAME", "TO"))
            {
                routine = routine with { RenamedTo = c.Name() };
            }
            else if (c.Take("SET", "SCHEMA"))
            {
                routine = routine with { NewSchema = c.Name() };
            }
            else if (c.TakeAny("IMMUTABLE", "STABLE", "VOLATILE") is { } word)
            {
                routine = routine with { Volatility = Enum.Parse<Volatility>(word, ignoreCase: true) };
            }
            else if (c.Take("SECURITY"))
            {
                routine = routine with { SecurityDefiner = c.TakeAny("DEFINER", "INVOKER") == "DEFINER" };
            }
            else if (c.Take("SET"))
            {
                var (setting, value) = Setting(c);
                routine = setting == "search_path" ? routine with { SearchPath = value } : routine;
            }
            else
            {
                c.Next();
            }
        }

        return routine;
    }

    /// <summary>CREATE TRIGGER, from its name on.</summary>
    public static CreateTrigger Trigger(SqlCursor c, bool replace)
    {
        var name = c.Name();
        while (!c.IsAtEnd && !c.Sees("ON"))
        {
            c.Next();
        }

        c.Expect("ON");
        return new CreateTrigger(name, c.ObjectName(), replace);
    }

    /// <summary>CREATE VIEW, from behind VIEW on.</summary>
    public static CreateView View(SqlCursor c, bool replace, bool temporary, bool materialized)
    {
        var ifNotExists = c.TakeIfNotExists();
        var name = c.ObjectName();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!c.IsAtEnd && !c.Sees("AS"))
        {
            if (c.Take("WITH") && c.SeesSymbol("("))
            {
                options = c.Options();
            }
            else if (c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }
            else if (!c.Sees("AS"))
            {
                c.Next();
            }
        }

        c.Expect("AS");
        return new CreateView(name, materialized, replace, temporary, ifNotExists, options, c.Rest());
    }
}
