using System.Globalization;
using System.Text.RegularExpressions;
using MigrationSafety.Statements;
using Npgsql;

namespace Db.Tracing.Rows;

/// <summary>
/// Finds expressions for the columns that check constraints speak of, by asking PostgreSQL which of many candidates satisfy them.
/// </summary>
internal static partial class CheckedValues
{
    private const int MostCombinations = 60_000;
    private const int MostRoundRobin = 6;

    /// <summary>For each checked column the expression to use; null alone where no combination satisfies the checks.</summary>
    /// <param name="connection">The database with the table.</param>
    /// <param name="table">The table.</param>
    /// <param name="foreign">What a column of a foreign key would hold, as SQL; null where only NULL is possible.</param>
    /// <param name="samples">Numbers of rows to try.</param>
    /// <param name="ct">Ends the search.</param>
    public static async Task<(
        IReadOnlyDictionary<string, string> Expressions,
        IReadOnlyList<string> Unsolved
    )> FindAsync(
        NpgsqlConnection connection,
        TableShape table,
        IReadOnlyDictionary<string, string?> foreign,
        IReadOnlyList<int> samples,
        CancellationToken ct
    )
    {
        var found = new Dictionary<string, string>();
        var unsolved = new List<string>();
        foreach (var (columns, conditions) in Groups(table))
        {
            var candidates = new List<IReadOnlyList<string>>();
            foreach (var column in columns)
            {
                candidates.Add(
                    foreign.TryGetValue(column.Name, out var key)
                        ? [.. key is null ? (string[])[] : [key], .. Null(column)]
                        : await CandidatesAsync(connection, table, column, conditions, ct)
                );
            }

            var solutions = await SolveAsync(connection, columns, Trimmed(candidates), conditions, samples, ct);
            if (solutions.Count == 0)
            {
                unsolved.AddRange(conditions);
                continue;
            }

            // Which of the foreign keys stay empty is decided once for all rows.
            solutions = columns.Any(c => foreign.ContainsKey(c.Name)) ? [solutions[0]] : solutions;
            for (var c = 0; c < columns.Count; c++)
            {
                found[columns[c].Name] = RoundRobin(
                    Varied(table, columns[c], solutions, c).Select(s => s[c]).ToList(),
                    columns[c]
                );
            }
        }

        return (found, unsolved);
    }

    // A unique column needs an expression that differs from row to row, if there is one.
    private static IReadOnlyList<string[]> Varied(
        TableShape table,
        ColumnShape column,
        IReadOnlyList<string[]> solutions,
        int at
    )
    {
        if (!table.UniqueKeys.Any(key => key.Contains(column.Name)))
        {
            return solutions;
        }

        var varied = solutions.Where(s => s[at].Contains(ValueExpressions.Row, StringComparison.Ordinal)).ToList();
        return varied.Count == 0 ? solutions : [varied[0]];
    }

    private static string RoundRobin(IReadOnlyList<string> expressions, ColumnShape column) =>
        expressions.Distinct().Count() == 1
            ? expressions[0]
            : $"(ARRAY[{string.Join(", ", expressions)}]::{column.Type.Sql}[])[1 + {ValueExpressions.Row} % {expressions.Count}]";

    // Checks that share a column have to be satisfied together.
    private static IEnumerable<(IReadOnlyList<ColumnShape> Columns, IReadOnlyList<string> Conditions)> Groups(
        TableShape table
    )
    {
        var checks = table
            .Checks.Concat(table.Columns.SelectMany(DomainChecks))
            .Where(check => check.Columns.Count > 0)
            .ToList();
        var left = new List<CheckShape>(checks);
        while (left.Count > 0)
        {
            var names = new HashSet<string>();
            var group = new List<CheckShape>();
            for (var next = left[0]; next is not null; next = left.Find(c => c.Columns.Any(names.Contains)))
            {
                left.Remove(next);
                group.Add(next);
                names.UnionWith(next.Columns);
            }

            yield return (
                [.. table.Columns.Where(c => names.Contains(c.Name) && !c.IsGenerated)],
                [.. group.Select(c => c.Condition)]
            );
        }
    }

    private static IEnumerable<CheckShape> DomainChecks(ColumnShape column)
    {
        for (var type = column.Type; type is not null; type = type.Base)
        {
            foreach (var check in type.Checks)
            {
                yield return new CheckShape([column.Name], OnColumn(check, column.Sql));
            }
        }
    }

    private static string OnColumn(string check, string column)
    {
        var text = new System.Text.StringBuilder();
        var position = 0;
        while (position < check.Length)
        {
            var (start, end) = SqlScanner.NextToken(check, position);
            text.Append(check, position, start - position);
            text.Append(check[start..end] == "VALUE" ? column : check[start..end]);
            position = end;
        }

        return text.ToString();
    }

    private static string[] Null(ColumnShape column) => column.NotNull ? [] : [$"NULL::{column.Type.Sql}"];

    private static async Task<IReadOnlyList<string>> CandidatesAsync(
        NpgsqlConnection connection,
        TableShape table,
        ColumnShape column,
        IReadOnlyList<string> conditions,
        CancellationToken ct
    )
    {
        var ofType = ValueExpressions.For(column);
        var text = string.Join('\n', conditions);
        var fromText = new List<string>();
        var unique = table.UniqueKeys.Any(key => key.Contains(column.Name));
        foreach (var literal in FromConditions(column, text, unique).Distinct())
        {
            var expression = $"({literal})::{column.Type.Sql}";
            if (await IsValueAsync(connection, WithoutDomain(expression, column), ct))
            {
                fromText.Add(expression);
            }
        }

        return [.. ofType.Take(1).Concat(fromText).Concat(ofType.Skip(1)).Distinct(), .. Null(column)];
    }

    private static IEnumerable<string> FromConditions(ColumnShape column, string conditions, bool unique)
    {
        var isText = column.Type.Innermost.Name is "text" or "varchar" or "bpchar" or "citext" or "name";
        foreach (Match match in Literals().Matches(conditions))
        {
            var literal = match.Groups["text"].Value.Replace("''", "'", StringComparison.Ordinal);
            var op = match.Groups["op"].Value;
            if (match.Groups["e"].Success)
            {
                literal = literal.Replace("\\\\", "\\", StringComparison.Ordinal);
            }

            if (op is "~" or "~*" && isText)
            {
                if (SamplesOf(literal, unique) is { } samples)
                {
                    yield return samples;
                }
            }
            else if (op is "~~" or "~~*" && isText)
            {
                yield return ValueExpressions
                    .Literal(literal)
                    .Replace("%", $"' || {ValueExpressions.Row} || '", StringComparison.Ordinal)
                    .Replace("_", "x", StringComparison.Ordinal);
            }
            else
            {
                yield return ValueExpressions.Literal(literal);
            }
        }

        foreach (Match match in Numbers().Matches(conditions))
        {
            if (!decimal.TryParse(match.Value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            if (isText)
            {
                if (number is >= 0 and <= 1024)
                {
                    var length = (int)number;
                    yield return $"lpad({ValueExpressions.Row}::text, {length}, '0')";
                    yield return $"lpad(translate({ValueExpressions.Row}::text, '0123456789', 'abcdefghij'), {length + 1}, 'a')";
                    yield return $"lpad(translate({ValueExpressions.Row}::text, '0123456789', 'ABCDEFGHIJ'), {length}, 'A')";
                }
            }
            else
            {
                yield return ValueExpressions.Literal(number);
                yield return ValueExpressions.Literal(number + 1);
                yield return ValueExpressions.Literal(number - 1);
                yield return $"{ValueExpressions.Literal(number)} + {ValueExpressions.Row}";
            }
        }
    }

    private static string? SamplesOf(string pattern, bool unique)
    {
        var samples = Enumerable
            .Range(1, unique ? 3000 : 8)
            .Select(n => RegexSample.Of(pattern, n))
            .Where(s => s is not null)
            .Distinct()
            .Take(unique ? 1200 : 4)
            .ToList();
        return samples.Count == 0
            ? null
            : $"(ARRAY[{string.Join(", ", samples.Select(s => ValueExpressions.Literal(s!)))}])[1 + {ValueExpressions.Row} % {samples.Count}]";
    }

    private static async Task<bool> IsValueAsync(NpgsqlConnection connection, string expression, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                $"SELECT count({expression}) FROM (VALUES (1)) AS r_(i_)",
                connection
            );
            await command.ExecuteNonQueryAsync(ct);
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    // The last candidates of the longest lists go first.
    private static IReadOnlyList<IReadOnlyList<string>> Trimmed(List<IReadOnlyList<string>> candidates)
    {
        while (candidates.Aggregate(1L, (product, list) => product * list.Count) > MostCombinations)
        {
            var longest = candidates.FindIndex(list => list.Count == candidates.Max(l => l.Count));
            var list = candidates[longest];
            // NULL is always the last one, and often the only answer to "exactly one of these".
            candidates[longest] = [.. list.Take(list.Count - 2), list[^1]];
        }

        return candidates;
    }

    private static async Task<IReadOnlyList<string[]>> SolveAsync(
        NpgsqlConnection connection,
        IReadOnlyList<ColumnShape> columns,
        IReadOnlyList<IReadOnlyList<string>> candidates,
        IReadOnlyList<string> conditions,
        IReadOnlyList<int> samples,
        CancellationToken ct
    )
    {
        if (candidates.Any(list => list.Count == 0))
        {
            return [];
        }

        var lists = columns.Select(
            (column, c) =>
                $"CROSS JOIN LATERAL (VALUES {string.Join(", ", candidates[c].Select((e, k) => $"({k}, {WithoutDomain(e, column)})"))}) AS c{c}(pick_{c}_, {column.Sql})"
        );
        var keys = string.Join(", ", columns.Select((_, c) => $"pick_{c}_"));
        var sql = $"""
            SELECT {keys} FROM unnest(ARRAY[{string.Join(", ", samples)}]) AS r_(i_)
            {string.Join("\n", lists)}
            WHERE {string.Join(" AND ", conditions.Select(c => $"({c}) IS NOT FALSE"))}
            GROUP BY {keys} HAVING count(*) = {samples.Count}
            ORDER BY {string.Join(" + ", columns.Select((_, c) => $"pick_{c}_"))}, {keys} LIMIT {MostRoundRobin}
            """;
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            var solutions = new List<string[]>();
            while (await reader.ReadAsync(ct))
            {
                solutions.Add([.. columns.Select((_, c) => candidates[c][reader.GetInt32(c)])]);
            }

            return solutions;
        }
        catch (PostgresException)
        {
            // A condition that raises for some candidate. The rows are tried with the first candidates, and PostgreSQL says why not.
            return [];
        }
    }

    // The domain's own checks are among the conditions; a cast to the domain would raise an error instead of being false.
    private static string WithoutDomain(string expression, ColumnShape column)
    {
        var inner = column.Type.Innermost;
        return column.Type.Kind == 'd' && expression.EndsWith($"::{column.Type.Sql}", StringComparison.Ordinal)
            ? $"{expression[..^column.Type.Sql.Length]}{inner.Sql}"
            : expression;
    }

    [GeneratedRegex("""(?<op>!?~~?\*?)?\s*(?<e>\bE)?'(?<text>(?:[^']|'')*)'""")]
    private static partial Regex Literals();

    [GeneratedRegex("""(?<![\w'"])-?\d+(\.\d+)?(?![\w'"])""")]
    private static partial Regex Numbers();
}
