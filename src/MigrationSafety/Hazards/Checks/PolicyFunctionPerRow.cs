using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A policy that calls a function for every row, where once a statement would do.</summary>
internal sealed class PolicyFunctionPerRow : HazardCheck
{
    private const string Table = """
        CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);
        ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
        """;

    public override Hazard Hazard { get; } =
        new(
            "policy-function-per-row",
            HazardGroup.OpensADoor,
            "A policy that calls a function for every row",
            "PostgreSQL asks the policy for each row it looks at. A function written there is called as often: a table of a million rows makes a "
                + "million calls, and no index can be used. In parentheses with SELECT it is called once a statement, its result is compared with "
                + "the column, and an index serves. A slow policy is a door as well: anybody may keep the server busy, and somebody will "
                + "switch the policy off.",
            null,
            [
                new HazardExample(
                    Table,
                    "CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = auth.uid());",
                    "CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));"
                ),
                new HazardExample(
                    Table,
                    "CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = current_setting('app.user')::bigint);",
                    "CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT current_setting('app.user')::bigint));"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var (name, table, conditions) = statement.Statement switch
        {
            CreatePolicy create => (create.Name, create.Table, new[] { create.Using, create.WithCheck }),
            AlterPolicy alter => (alter.Name, alter.Table, [alter.Using, alter.WithCheck]),
            _ => ("", null!, []),
        };
        var calls = conditions
            .OfType<Expression>()
            .SelectMany(condition => PerRow(condition, context))
            .Distinct()
            .ToList();
        if (calls.Count == 0)
        {
            yield break;
        }

        var shown = context.Shown(table);
        var names = string.Join(", ", calls.Select(c => $"{c}()"));
        yield return new Found(
            statement,
            shown,
            $"The policy {ObjectName.Quoted(name)} calls {names} for every row of {shown} "
                + (
                    statement.Statement is CreatePolicy { Command: "INSERT" }
                        ? "that a statement inserts: the more rows it inserts, the slower."
                        : "that a statement looks at, and no index can help: the larger the table, the slower every statement of every user."
                ),
            $"{(context.IsMigration ? "//" : "--")} in parentheses with SELECT it is called once a statement:\n"
                + string.Join("\n", calls.Select(c => $"(SELECT {c}(…))"))
        );
    }

    private static IEnumerable<ObjectName> PerRow(Expression condition, HazardContext context)
    {
        var tokens = condition.Tokens;
        foreach (var (call, at, arguments) in Calls(tokens))
        {
            if (IsAskedOnce(tokens, at))
            {
                continue;
            }

            var known = context.Schema.Routines.GetValueOrDefault(
                context.Schema.Resolve(call) is var full && call.Schema is null ? full : call
            );
            if (known is not null)
            {
                if (known.All(r => r.Definition.Volatility == Volatility.Immutable))
                {
                    continue;
                }

                // With a column in its arguments it has to be called for each row, and only how often PostgreSQL may spare it is wrong.
                if (!NamesColumn(arguments) || known.Any(r => r.Definition.Volatility == Volatility.Volatile))
                {
                    yield return call;
                }
            }
            else if (
                call.Schema is not (null or "pg_catalog")
                    ? !NamesColumn(arguments)
                    : call.Name is "current_setting" or "random" or "clock_timestamp"
            )
            {
                yield return call;
            }
            else if (call.Schema is null && arguments.Count == 0 && !CheapBuiltIns.Contains(call.Name))
            {
                yield return call;
            }
        }
    }

    private static readonly HashSet<string> CheapBuiltIns =
    [
        "now",
        "statement_timestamp",
        "transaction_timestamp",
        "pi",
        "version",
        "current_database",
        "current_schema",
        "pg_backend_pid",
        "gen_random_uuid",
        "inet_client_addr",
        "txid_current",
        "pg_trigger_depth",
    ];

    private static bool NamesColumn(IReadOnlyList<SqlToken> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var token = arguments[i];
            if (
                token.IsName
                && !(i + 1 < arguments.Count && arguments[i + 1].IsSymbol("("))
                && !(i > 0 && arguments[i - 1].IsSymbol("::"))
                && !(
                    token.Kind == SqlTokenKind.Word
                    && token.Text is "TRUE" or "FALSE" or "NULL" or "AS" or "TEXT" or "VARIADIC"
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Every call, where its name ends, and its arguments.</summary>
    private static IEnumerable<(ObjectName Name, int At, IReadOnlyList<SqlToken> Arguments)> Calls(
        IReadOnlyList<SqlToken> tokens
    )
    {
        var names = new Queue<ObjectName>(new Expression("", tokens).Calls());
        for (var i = 0; i + 1 < tokens.Count && names.Count > 0; i++)
        {
            if (!tokens[i].IsName || !tokens[i + 1].IsSymbol("(") || tokens[i].Name != names.Peek().Name)
            {
                continue;
            }

            if (i > 0 && tokens[i - 1].IsSymbol("::"))
            {
                continue;
            }

            var end = tokens.Closing(i + 1);
            yield return (names.Dequeue(), i, [.. tokens.Skip(i + 2).Take(end - i - 2)]);
        }
    }

    // (SELECT f()) without a FROM: nothing in it depends on the row, so PostgreSQL evaluates it once, before the rows.
    private static bool IsAskedOnce(IReadOnlyList<SqlToken> tokens, int at)
    {
        var depth = 0;
        for (var i = at - 1; i >= 0; i--)
        {
            if (tokens[i].IsSymbol(")"))
            {
                depth++;
            }
            else if (tokens[i].IsSymbol("("))
            {
                if (depth > 0)
                {
                    depth--;
                    continue;
                }

                if (i + 1 < tokens.Count && tokens[i + 1].IsWord("SELECT"))
                {
                    var end = tokens.Closing(i);
                    var nested = 0;
                    for (var j = i + 1; j < end; j++)
                    {
                        nested +=
                            tokens[j].IsSymbol("(") ? 1
                            : tokens[j].IsSymbol(")") ? -1
                            : 0;
                        if (nested == 0 && tokens[j].IsWord("FROM"))
                        {
                            return false;
                        }
                    }

                    return true;
                }
            }
        }

        return false;
    }
}
