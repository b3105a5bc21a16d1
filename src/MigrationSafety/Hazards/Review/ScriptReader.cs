using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Takes a script apart into statements, and says which of them share a transaction.</summary>
internal static class ScriptReader
{
    private const int Shortened = 160;

    public static IReadOnlyList<ReviewedStatement> Read(HazardScript script, HazardOptions options)
    {
        var read = new List<ReviewedStatement>();
        var transactions = new Transactions(script, options);
        foreach (var command in script.Commands)
        {
            Read(script, command, transactions, read);
        }

        return read;
    }

    private static void Read(
        HazardScript script,
        HazardCommand command,
        Transactions transactions,
        List<ReviewedStatement> read
    )
    {
        var statements = SqlScanner.Split(command.Sql);
        transactions.Start(command, statements.Count);
        var line = Math.Max(command.Line, 1);
        var counted = 0;
        foreach (var statement in statements)
        {
            var comments = AcceptComment.Read(command.Sql[counted..statement.Start], line);
            line += command.Sql.AsSpan(counted, statement.Start - counted).Count('\n');
            counted = statement.Start;
            var parsed = SqlParser.Parse(statement.Text);
            var transaction = transactions.Next(parsed);
            read.Add(
                new ReviewedStatement(
                    parsed,
                    statement.Text,
                    command,
                    Place(statement.Text, line),
                    transaction,
                    comments,
                    IsNested: false
                )
            );
            if (parsed is DoBlock block)
            {
                // A block is one transaction even where nothing else is.
                transaction ??= transactions.Own();
                read.AddRange(
                    block.Statements.Select(nested => new ReviewedStatement(
                        nested.Statement,
                        nested.Text,
                        command,
                        Place(
                            nested.Text,
                            line + statement.Text.AsSpan(0, Math.Min(nested.Start, statement.Text.Length)).Count('\n')
                        ),
                        transaction,
                        comments,
                        IsNested: true
                    ))
                );
            }

            line += statement.Text.AsSpan().Count('\n');
            counted += statement.Text.Length;
        }

        FindingPlace Place(string sql, int at) =>
            new(
                script.Migration,
                script.Direction,
                command.File ?? script.File,
                command.Line == 0 ? 0 : at,
                OneLine(Failures.Secrets.Masked(sql))
            );
    }

    private static string OneLine(string sql)
    {
        var line = string.Join(
            ' ',
            sql[..Math.Min(sql.Length, 4 * Shortened)].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );
        return line.Length > Shortened ? line[..(Shortened - 1)] + "…" : line;
    }

    /// <summary>Numbers transactions, by EF Core's rules for a migration and by psql's for a file.</summary>
    private sealed class Transactions(HazardScript script, HazardOptions options)
    {
        private int _last;
        private int? _open;
        private bool _suppressed;
        private int? _shared;
        private bool _begun;

        public void Start(HazardCommand command, int statements)
        {
            _shared = null;
            if (script.Migration is null)
            {
                _open ??= options.FilesRunInOneTransaction || IsWrapped(command.Sql) ? ++_last : null;
                return;
            }

            if (command.TransactionSuppressed)
            {
                // Statements that are sent together share a transaction all the same.
                _suppressed = true;
                _shared = statements > 1 ? ++_last : null;
            }
            else
            {
                _open = _suppressed || _open is null ? ++_last : _open;
                _suppressed = false;
            }
        }

        public int? Next(Statement statement)
        {
            if (script.Migration is not null)
            {
                return _suppressed ? _shared : _open;
            }

            if (statement is not TransactionStatement transaction)
            {
                return _open;
            }

            switch (transaction.Verb)
            {
                case TransactionVerb.Begin when !_begun:
                    _begun = true;
                    _open = ++_last;
                    return _open;
                case TransactionVerb.Commit or TransactionVerb.Rollback or TransactionVerb.Prepare:
                    var ended = _open;
                    _begun = false;
                    _open = null;
                    return ended;
                default:
                    return _open;
            }
        }

        public int Own() => ++_last;

        // The marks of dbmate and goose, which wrap a file in a transaction unless it says otherwise.
        private static bool IsWrapped(string sql) =>
            (
                sql.Contains("-- migrate:up", StringComparison.Ordinal)
                && !sql.Contains("transaction:false", StringComparison.Ordinal)
            )
            || (
                sql.Contains("-- +goose Up", StringComparison.OrdinalIgnoreCase)
                && !sql.Contains("-- +goose NO TRANSACTION", StringComparison.OrdinalIgnoreCase)
            );
    }
}
