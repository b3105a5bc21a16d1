using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>CREATE TABLE and ALTER TABLE.</summary>
internal static class TableParser
{
    // What may stand behind a default or another expression of a column.
    private static readonly string[] BehindExpression =
    [
        "CONSTRAINT",
        "NOT",
        "NULL",
        "DEFAULT",
        "CHECK",
        "PRIMARY",
        "UNIQUE",
        "REFERENCES",
        "GENERATED",
        "COLLATE",
        "DEFERRABLE",
        "INITIALLY",
        "STORAGE",
        "COMPRESSION",
    ];

    public static CreateTable Create(SqlCursor c, Persistence persistence, bool foreign)
    {
        var ifNotExists = c.TakeIfNotExists();
        var table = new CreateTable(
            c.ObjectName(),
            ifNotExists,
            persistence,
            foreign,
            [],
            [],
            [],
            [],
            null,
            null,
            null
        );
        if (c.Take("PARTITION", "OF"))
        {
            table = table with { PartitionOf = c.ObjectName() };
        }
        else if (c.Take("OF"))
        {
            c.ObjectName();
        }

        if (c.SeesSymbol("("))
        {
            table = Elements(c, table);
        }

        while (!c.IsAtEnd)
        {
            if (c.Take("INHERITS"))
            {
                table = table with { Inherits = [.. c.NamesInParentheses().Select(n => new ObjectName(null, n))] };
            }
            else if (c.Take("PARTITION", "BY"))
            {
                table = table with { PartitionBy = c.UntilWord("USING", "WITH", "TABLESPACE", "ON", "SERVER") };
            }
            else if (c.Take("AS"))
            {
                table = table with { AsQuery = c.Rest() };
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

        return table;
    }

    private static CreateTable Elements(SqlCursor c, CreateTable table)
    {
        var columns = new List<ColumnDefinition>();
        var constraints = new List<TableConstraint>();
        var like = new List<ObjectName>();
        c.ExpectSymbol("(");
        while (!c.IsAtEnd && !c.TakeSymbol(")"))
        {
            if (c.Take("LIKE"))
            {
                like.Add(c.ObjectName());
                SkipToComma(c);
            }
            else if (StartsConstraint(c))
            {
                constraints.Add(Constraint(c));
                SkipToComma(c);
            }
            else if (c.Peek(1).IsSymbol(",") || c.Peek(1).IsSymbol(")") || c.Peek(1).IsWord("WITH"))
            {
                // The column list of CREATE TABLE … AS or of a typed table: names only.
                columns.Add(
                    new ColumnDefinition(
                        c.Name(),
                        new SqlType("unknown", [], false),
                        false,
                        null,
                        false,
                        null,
                        false,
                        []
                    )
                );
                if (c.Take("WITH"))
                {
                    c.UntilComma();
                }
            }
            else if (table.PartitionOf is not null)
            {
                c.UntilComma();
            }
            else
            {
                var column = Column(c);
                columns.Add(column);
                constraints.AddRange(column.Constraints);
            }

            c.TakeSymbol(",");
        }

        return table with
        {
            Columns = columns,
            Constraints = constraints,
            Like = like,
        };
    }

    private static bool StartsConstraint(SqlCursor c) =>
        c.SeesAny("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE")
            && !(c.Peek(1).Kind == SqlTokenKind.Word && SqlTypeFollows(c))
        || c.Sees("NOT", "NULL");

    // A column may be called "check" only in quotes, but "exclude" and "constraint"-like words are ordinary names.
    private static bool SqlTypeFollows(SqlCursor c) =>
        c.Peek().Text == "EXCLUDE" && !c.Peek(1).IsWord("USING") && !c.Peek(1).IsSymbol("(");

    /// <summary>A column, from its name on.</summary>
    public static ColumnDefinition Column(SqlCursor c)
    {
        var column = new ColumnDefinition(c.Name(), c.Type(), false, null, false, null, false, []);
        var constraints = new List<TableConstraint>();
        while (!c.IsAtEnd && !c.SeesSymbol(",") && !c.SeesSymbol(")"))
        {
            var name = c.Take("CONSTRAINT") ? c.Name() : null;
            if (c.Take("NOT", "NULL"))
            {
                column = column with { NotNull = true };
                c.Take("NO", "INHERIT");
                continue;
            }

            if (c.Take("NULL"))
            {
                continue;
            }

            if (c.Take("DEFAULT"))
            {
                column = column with { Default = c.Until(EndsExpression) };
            }
            else if (c.Take("GENERATED"))
            {
                var always = c.Take("ALWAYS");
                if (!always)
                {
                    c.Take("BY", "DEFAULT");
                    c.Take("ON", "NULL");
                }

                c.Expect("AS");
                if (c.Take("IDENTITY"))
                {
                    column = column with { IsIdentity = true, NotNull = true };
                    if (c.SeesSymbol("("))
                    {
                        c.SkipParentheses();
                    }
                }
                else
                {
                    var expression = c.InParentheses();
                    // Without a word it is virtual from PostgreSQL 18 on, and an error before.
                    var stored = c.Take("STORED");
                    c.Take("VIRTUAL");
                    column = column with { Generated = expression, GeneratedIsVirtual = !stored };
                }
            }
            else if (c.Take("PRIMARY", "KEY"))
            {
                column = column with { NotNull = true };
                constraints.Add(new TableConstraint(ConstraintKind.PrimaryKey, name, [column.Name]));
                SkipIndexParameters(c);
            }
            else if (c.Take("UNIQUE"))
            {
                if (c.Take("NULLS"))
                {
                    c.Take("NOT");
                    c.Expect("DISTINCT");
                }

                constraints.Add(new TableConstraint(ConstraintKind.Unique, name, [column.Name]));
                SkipIndexParameters(c);
            }
            else if (c.Take("CHECK"))
            {
                constraints.Add(
                    Finished(
                        c,
                        new TableConstraint(ConstraintKind.Check, name, [], Expression: c.InParentheses()),
                        ofColumn: true
                    )
                );
            }
            else if (c.Take("REFERENCES"))
            {
                constraints.Add(
                    References(c, new TableConstraint(ConstraintKind.ForeignKey, name, [column.Name]), ofColumn: true)
                );
            }
            else if (c.Take("COLLATE"))
            {
                c.ObjectName();
            }
            else if (c.Take("OPTIONS"))
            {
                c.SkipParentheses();
            }
            else if (c.TakeAny("STORAGE", "COMPRESSION") is not null)
            {
                c.Next();
            }
            else if (
                c.TakeAny("DEFERRABLE", "INITIALLY", "DEFERRED", "IMMEDIATE", "NOT", "ENFORCED", "NO", "INHERIT")
                is null
            )
            {
                throw c.Unexpected("a column's constraint");
            }
        }

        return column with
        {
            Constraints = constraints,
        };
    }

    private static bool EndsExpression(SqlToken token) =>
        token.IsSymbol(",") || (token.Kind == SqlTokenKind.Word && BehindExpression.Contains(token.Text));

    /// <summary>A table's constraint, with CONSTRAINT before it or without.</summary>
    public static TableConstraint Constraint(SqlCursor c)
    {
        var name = c.Take("CONSTRAINT") ? c.Name() : null;
        if (c.Take("PRIMARY", "KEY"))
        {
            return OnIndex(c, ConstraintKind.PrimaryKey, name);
        }

        if (c.Take("UNIQUE"))
        {
            if (c.Take("NULLS"))
            {
                c.Take("NOT");
                c.Expect("DISTINCT");
            }

            return OnIndex(c, ConstraintKind.Unique, name);
        }

        if (c.Take("CHECK"))
        {
            return Finished(
                c,
                new TableConstraint(ConstraintKind.Check, name, [], Expression: c.InParentheses()),
                ofColumn: false
            );
        }

        if (c.Take("NOT", "NULL"))
        {
            return Finished(c, new TableConstraint(ConstraintKind.NotNull, name, [c.Name()]), ofColumn: false);
        }

        if (c.Take("EXCLUDE"))
        {
            return new TableConstraint(ConstraintKind.Exclusion, name, [], Expression: c.Until(t => t.IsSymbol(",")));
        }

        c.Expect("FOREIGN", "KEY");
        var columns = c.NamesInParentheses();
        c.Expect("REFERENCES");
        return References(c, new TableConstraint(ConstraintKind.ForeignKey, name, columns), ofColumn: false);
    }

    private static TableConstraint OnIndex(SqlCursor c, ConstraintKind kind, string? name)
    {
        TableConstraint constraint;
        if (c.Take("USING", "INDEX"))
        {
            constraint = new TableConstraint(kind, name, [], UsingIndex: c.Name());
        }
        else
        {
            constraint = new TableConstraint(kind, name, c.NamesInParentheses());
            SkipIndexParameters(c);
        }

        return Finished(c, constraint, ofColumn: false);
    }

    // Where the comma stands already, looking for the next one would swallow what is between them.
    private static void SkipToComma(SqlCursor c)
    {
        if (!c.SeesSymbol(","))
        {
            c.UntilComma();
        }
    }

    private static void SkipIndexParameters(SqlCursor c)
    {
        while (true)
        {
            if (c.TakeAny("INCLUDE", "WITH") is not null && c.SeesSymbol("("))
            {
                c.SkipParentheses();
            }
            else if (c.Take("USING", "INDEX", "TABLESPACE"))
            {
                c.Name();
            }
            else
            {
                return;
            }
        }
    }

    private static TableConstraint References(SqlCursor c, TableConstraint constraint, bool ofColumn)
    {
        var table = c.ObjectName();
        var columns = c.SeesSymbol("(") ? c.NamesInParentheses() : [];
        while (true)
        {
            if (c.Take("MATCH"))
            {
                c.Next();
            }
            else if (c.Take("ON"))
            {
                c.Next();
                if (c.Take("SET"))
                {
                    c.Next();
                    if (c.SeesSymbol("("))
                    {
                        c.SkipParentheses();
                    }
                }
                else if (!c.Take("NO", "ACTION"))
                {
                    c.Next();
                }
            }
            else
            {
                break;
            }
        }

        return Finished(c, constraint with { References = table, ReferencedColumns = columns }, ofColumn);
    }

    private static TableConstraint Finished(SqlCursor c, TableConstraint constraint, bool ofColumn)
    {
        while (true)
        {
            // NOT NULL behind a column's constraint is another one.
            if (!ofColumn && c.Take("NOT", "VALID"))
            {
                constraint = constraint with { IsNotValid = true };
            }
            else if (
                !c.Take("NOT", "DEFERRABLE")
                && !c.Take("NOT", "ENFORCED")
                && !c.Take("NO", "INHERIT")
                && c.TakeAny("DEFERRABLE", "ENFORCED") is null
                && !(c.Take("INITIALLY") && c.TakeAny("DEFERRED", "IMMEDIATE") is not null)
            )
            {
                return constraint;
            }
        }
    }

    /// <summary>ALTER TABLE and its relatives, from behind the kind on.</summary>
    public static Statement Alter(SqlCursor c, ObjectKind kind)
    {
        if (c.Take("ALL", "IN", "TABLESPACE"))
        {
            return new OtherStatement("ALTER ALL IN TABLESPACE");
        }

        var ifExists = c.TakeIfExists();
        var only = c.Take("ONLY");
        var name = c.ObjectName();
        c.TakeSymbol("*");
        var actions = new List<TableAction>();
        do
        {
            actions.Add(Action(c, kind));
        } while (c.TakeSymbol(","));

        return c.IsAtEnd ? new AlterTable(kind, name, ifExists, only, actions) : throw c.Unexpected("the end");
    }

    private static TableAction Action(SqlCursor c, ObjectKind kind)
    {
        var verb = c.Next().Text;
        switch (verb)
        {
            case "ADD":
                return Add(c);
            case "DROP":
                return Drop(c);
            case "ALTER":
                return c.Take("CONSTRAINT") ? Other(c, "ALTER CONSTRAINT") : AlterColumn(c);
            case "VALIDATE":
                c.Expect("CONSTRAINT");
                return new ValidateConstraint(c.Name());
            case "RENAME":
                return Rename(c);
            case "SET":
                return Set(c, kind);
            case "RESET":
                return c.SeesSymbol("(") ? new SetOptions(c.Options(), IsReset: true) : Other(c, "RESET");
            case "ENABLE":
            case "DISABLE":
                return Switch(c, verb == "ENABLE");
            case "FORCE":
                c.Expect("ROW", "LEVEL", "SECURITY");
                return new RowLevelSecurity(null, true);
            case "NO":
                if (c.Take("FORCE", "ROW", "LEVEL", "SECURITY"))
                {
                    return new RowLevelSecurity(null, false);
                }

                return Other(c, "NO");
            case "ATTACH":
                c.Expect("PARTITION");
                var partition = c.ObjectName();
                var bound = c.Until(t => t.IsSymbol(","));
                return new AttachPartition(partition, bound.Tokens is [{ Text: "DEFAULT" }], bound);
            case "DETACH":
                c.Expect("PARTITION");
                return new DetachPartition(c.ObjectName(), c.Take("CONCURRENTLY"), c.Take("FINALIZE"));
            case "OWNER":
            case "CLUSTER":
            case "INHERIT":
            case "REPLICA":
            case "OF":
            case "NOT":
            case "OPTIONS":
            case "DEPENDS":
            // Of sequences:
            case "RESTART":
            case "INCREMENT":
            case "MINVALUE":
            case "MAXVALUE":
            case "START":
            case "CACHE":
            case "CYCLE":
            case "OWNED":
            case "AS":
                return Other(c, verb);
            default:
                throw c.Unexpected("an action of ALTER TABLE");
        }
    }

    private static OtherAction Other(SqlCursor c, string verb) =>
        new((verb + " " + c.Until(t => t.IsSymbol(",")).Text).TrimEnd());

    private static TableAction Add(SqlCursor c)
    {
        if (c.SeesAny("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE") || c.Sees("NOT", "NULL"))
        {
            return new AddConstraint(Constraint(c));
        }

        if (c.Take("ATTRIBUTE"))
        {
            return Other(c, "ADD ATTRIBUTE");
        }

        c.Take("COLUMN");
        var ifNotExists = c.TakeIfNotExists();
        return new AddColumn(Column(c), ifNotExists);
    }

    private static TableAction Drop(SqlCursor c)
    {
        if (c.Take("CONSTRAINT"))
        {
            var constraintIfExists = c.TakeIfExists();
            return new DropConstraint(c.Name(), constraintIfExists, Cascades(c));
        }

        c.Take("COLUMN");
        var ifExists = c.TakeIfExists();
        return new DropColumn(c.Name(), ifExists, Cascades(c));
    }

    private static bool Cascades(SqlCursor c) => c.TakeAny("CASCADE", "RESTRICT") == "CASCADE";

    private static TableAction AlterColumn(SqlCursor c)
    {
        c.Take("COLUMN");
        if (c.Peek().Kind == SqlTokenKind.Number)
        {
            // ALTER INDEX … ALTER COLUMN 1 SET STATISTICS
            return Other(c, "ALTER COLUMN");
        }

        var column = c.Name();
        if (c.Take("SET", "DATA", "TYPE") || c.Take("TYPE"))
        {
            var type = c.Type();
            var collation = c.Take("COLLATE");
            if (collation)
            {
                c.ObjectName();
            }

            return new AlterColumnType(column, type, c.Take("USING") ? c.UntilComma() : null, collation);
        }

        if (c.Take("SET", "DEFAULT"))
        {
            return new SetDefault(column, c.UntilComma());
        }

        if (c.Take("DROP", "DEFAULT"))
        {
            return new DropDefault(column);
        }

        if (c.Take("SET", "NOT", "NULL"))
        {
            return new SetNotNull(column);
        }

        if (c.Take("DROP", "NOT", "NULL"))
        {
            return new DropNotNull(column);
        }

        if (c.Take("ADD", "GENERATED"))
        {
            c.UntilComma();
            return new AddIdentity(column);
        }

        if (c.Take("DROP", "IDENTITY"))
        {
            c.TakeIfExists();
            return new DropIdentity(column);
        }

        if (c.Take("SET", "EXPRESSION"))
        {
            c.UntilComma();
            return new SetGeneratedExpression(column);
        }

        if (c.Take("DROP", "EXPRESSION"))
        {
            c.TakeIfExists();
            return new DropGeneratedExpression(column);
        }

        return c.SeesAny("SET", "RESET", "RESTART", "OPTIONS", "DROP", "ADD")
            ? Other(c, "ALTER COLUMN")
            : throw c.Unexpected("an action of ALTER COLUMN");
    }

    private static TableAction Rename(SqlCursor c)
    {
        if (c.Take("TO"))
        {
            return new RenameTo(c.Name());
        }

        if (c.Take("CONSTRAINT"))
        {
            var constraint = c.Name();
            c.Expect("TO");
            return new RenameConstraint(constraint, c.Name());
        }

        c.Take("COLUMN");
        var column = c.Name();
        c.Expect("TO");
        return new RenameColumn(column, c.Name());
    }

    private static TableAction Set(SqlCursor c, ObjectKind kind)
    {
        if (c.Take("SCHEMA"))
        {
            return new SetSchema(c.Name());
        }

        if (c.SeesSymbol("("))
        {
            return new SetOptions(c.Options(), IsReset: false);
        }

        if (kind != ObjectKind.Sequence && c.TakeAny("LOGGED", "UNLOGGED") is { } logged)
        {
            return new MoveTable(logged);
        }

        if (c.Take("TABLESPACE"))
        {
            c.Name();
            c.Take("NOWAIT");
            return new MoveTable("TABLESPACE");
        }

        if (c.Take("ACCESS", "METHOD"))
        {
            c.Name();
            return new MoveTable("ACCESS METHOD");
        }

        return Other(c, "SET");
    }

    private static TableAction Switch(SqlCursor c, bool enabled)
    {
        if (c.Take("ROW", "LEVEL", "SECURITY"))
        {
            return new RowLevelSecurity(enabled, null);
        }

        c.TakeAny("REPLICA", "ALWAYS");
        if (c.Take("TRIGGER"))
        {
            return new SwitchTrigger(c.TakeAny("ALL", "USER") is null ? c.Name() : null, enabled);
        }

        return Other(c, enabled ? "ENABLE" : "DISABLE");
    }
}
