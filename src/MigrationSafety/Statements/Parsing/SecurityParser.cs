using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Policies, grants and roles.</summary>
internal static class SecurityParser
{
    public static CreatePolicy CreatePolicy(SqlCursor c)
    {
        var name = c.Name();
        c.Expect("ON");
        var policy = new CreatePolicy(name, c.ObjectName(), IsPermissive: true, "ALL", ["public"], null, null);
        while (!c.IsAtEnd)
        {
            if (c.Take("AS"))
            {
                policy = policy with { IsPermissive = !c.Next().IsWord("RESTRICTIVE") };
            }
            else if (c.Take("FOR"))
            {
                policy = policy with { Command = c.Next().Text };
            }
            else if (c.Take("TO"))
            {
                policy = policy with { Roles = Roles(c) };
            }
            else if (c.Take("USING"))
            {
                policy = policy with { Using = c.InParentheses() };
            }
            else if (c.Take("WITH", "CHECK"))
            {
                policy = policy with { WithCheck = c.InParentheses() };
            }
            else
            {
                throw c.Unexpected("a part of CREATE POLICY");
            }
        }

        return policy;
    }

    public static AlterPolicy AlterPolicy(SqlCursor c)
    {
        var name = c.Name();
        c.Expect("ON");
        var policy = new AlterPolicy(name, c.ObjectName(), null, null, null, null);
        while (!c.IsAtEnd)
        {
            if (c.Take("RENAME", "TO"))
            {
                policy = policy with { RenamedTo = c.Name() };
            }
            else if (c.Take("TO"))
            {
                policy = policy with { Roles = Roles(c) };
            }
            else if (c.Take("USING"))
            {
                policy = policy with { Using = c.InParentheses() };
            }
            else if (c.Take("WITH", "CHECK"))
            {
                policy = policy with { WithCheck = c.InParentheses() };
            }
            else
            {
                throw c.Unexpected("a part of ALTER POLICY");
            }
        }

        return policy;
    }

    private static List<string> Roles(SqlCursor c)
    {
        var roles = new List<string>();
        do
        {
            c.Take("GROUP");
            roles.Add(c.Name());
        } while (c.TakeSymbol(","));

        return roles;
    }

    public static Statement Grant(SqlCursor c)
    {
        var revoke = c.Next().Text == "REVOKE";
        while (c.Take("GRANT", "OPTION", "FOR") || c.Take("ADMIN", "OPTION", "FOR")) { }

        var privileges = new List<string>();
        var names = new List<string>();
        var columns = false;
        do
        {
            var first = c.Peek();
            names.Add(c.Name());
            var privilege = first.Text;
            // ALTER SYSTEM and SET are privileges on parameters; ALL may be ALL PRIVILEGES.
            if (c.TakeAny("PRIVILEGES", "SYSTEM", "OPTION") is "SYSTEM")
            {
                privilege += " SYSTEM";
            }

            privileges.Add(privilege);
            if (c.SeesSymbol("("))
            {
                columns = true;
                c.SkipParentheses();
            }
        } while (c.TakeSymbol(","));

        if (c.Sees("TO") || c.Sees("FROM"))
        {
            c.Next();
            return new GrantRole(revoke, names, Roles(c));
        }

        return GrantOnObjects(c, revoke, privileges, columns);
    }

    private static Statement GrantOnObjects(SqlCursor c, bool revoke, List<string> privileges, bool columns)
    {
        c.Expect("ON");
        if (c.Take("ALL"))
        {
            var kind = KindOf(c.Next().Text);
            c.Expect("IN", "SCHEMA");
            var schemas = c.ObjectNames();
            return new GrantStatement(revoke, privileges, kind, schemas, AllInSchema: true, columns, Grantees(c));
        }

        var on = ObjectKind.Table;
        if (
            c.SeesAny(
                "TABLE",
                "SEQUENCE",
                "FUNCTION",
                "PROCEDURE",
                "ROUTINE",
                "SCHEMA",
                "DATABASE",
                "DOMAIN",
                "LANGUAGE",
                "TYPE",
                "TABLESPACE",
                "PARAMETER"
            )
            && !c.Peek(1).IsWord("TO")
            && !c.Peek(1).IsWord("FROM")
        )
        {
            on = KindOf(c.Next().Text + "S");
        }
        else if (c.Take("FOREIGN") || c.Take("LARGE"))
        {
            c.Rest();
            return new OtherStatement(revoke ? "REVOKE" : "GRANT");
        }

        var objects = new List<ObjectName>();
        do
        {
            objects.Add(c.ObjectName());
            if (c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }
        } while (c.TakeSymbol(","));

        return new GrantStatement(revoke, privileges, on, objects, AllInSchema: false, columns, Grantees(c));
    }

    private static ObjectKind KindOf(string plural) =>
        plural switch
        {
            "TABLES" => ObjectKind.Table,
            "SEQUENCES" => ObjectKind.Sequence,
            "FUNCTIONS" => ObjectKind.Function,
            "PROCEDURES" => ObjectKind.Procedure,
            "ROUTINES" => ObjectKind.Routine,
            "SCHEMAS" => ObjectKind.Schema,
            "DATABASES" => ObjectKind.Database,
            "TYPES" => ObjectKind.Type,
            "DOMAINS" => ObjectKind.Domain,
            _ => ObjectKind.Other,
        };

    private static List<string> Grantees(SqlCursor c)
    {
        if (!c.Take("TO") && !c.Take("FROM"))
        {
            throw c.Unexpected("TO or FROM");
        }

        return Roles(c);
    }

    public static AlterDefaultPrivileges DefaultPrivileges(SqlCursor c)
    {
        var schemas = new List<string>();
        while (true)
        {
            if (c.Take("FOR"))
            {
                c.TakeAny("ROLE", "USER");
                Roles(c);
            }
            else if (c.Take("IN", "SCHEMA"))
            {
                schemas.AddRange(Roles(c));
            }
            else
            {
                break;
            }
        }

        var revoke = c.TakeAny("GRANT", "REVOKE") switch
        {
            "GRANT" => false,
            "REVOKE" => true,
            _ => throw c.Unexpected("GRANT or REVOKE"),
        };
        c.Take("GRANT", "OPTION", "FOR");
        var privileges = new List<string>();
        do
        {
            privileges.Add(c.Next().Text);
            c.Take("PRIVILEGES");
        } while (c.TakeSymbol(","));

        c.Expect("ON");
        var kind = KindOf(c.Next().Text);
        return new AlterDefaultPrivileges(
            schemas,
            new GrantStatement(revoke, privileges, kind, [], AllInSchema: false, Columns: false, Grantees(c))
        );
    }

    public static RoleStatement Role(SqlCursor c, bool create)
    {
        var name = c.Name();
        var password = false;
        while (!c.IsAtEnd)
        {
            password |= c.Take("PASSWORD") && c.Peek().Kind == SqlTokenKind.String && !c.Peek().Text.StartsWith(':');
            c.Next();
        }

        return new RoleStatement(create, name, password);
    }
}
