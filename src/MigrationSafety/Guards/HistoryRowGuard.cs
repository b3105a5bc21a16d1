using System.Globalization;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Execution;
using MigrationSafety.Journal;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>
/// The journal says that a migration is applied, and EF Core's history does not: the row was deleted by hand, or the migration was
/// reverted without the rails.
/// </summary>
/// <remarks>
/// A row in the history without one in the journal is no contradiction: it was applied before there were rails, or without them.
/// </remarks>
internal sealed class HistoryRowGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        var missing = context
            .Checksums.Keys.Where(context.Assembly.Migrations.ContainsKey)
            .Except(context.Plan.Applied, StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .ToArray();
        if (missing.Length == 0)
        {
            return null;
        }

        var (table, one) = (context.Records.Table.Delimited(context.Sql), missing.Length == 1);
        var recorded = await RecordedAsync(context, missing).ConfigureAwait(false);
        var create = await CreateTableAsync(context, table).ConfigureAwait(false);
        return new Failure(
            "HistoryRowMissing",
            $"{string.Join("; ", missing.Select(id => $"{id} is recorded as applied ({recorded[id]}{Edited(context, id)})"))}; "
                + (
                    create.Count > 0
                        ? $"but the table {table} is gone, which held {(one ? "its row" : "their rows")}: dropped by hand, or by something that "
                            + "is not these rails. "
                        : $"but {(one ? "its row" : "their rows")} in {table} {(one ? "is" : "are")} gone: deleted by hand, or "
                            + $"{(one ? "the migration was" : "the migrations were")} reverted by something that is not these rails. "
                )
                + $"Applied a second time, {(one ? "it" : "they")} would meet what {(one ? "it has" : "they have")} made already.",
            null,
            $"look whether what {(one ? "it makes" : "they make")} is in the database."
                + string.Concat(missing.Select(id => FirstStatement(context, id)))
                + $"\nIf it is there, {(create.Count > 0 ? "make the table again and " : "")}put the {(one ? "row" : "rows")} back:"
                + string.Concat(create.Select(statement => $"\n  {statement};"))
                + string.Concat(missing.Select(id => "\n  " + Insert(context, id)))
                + $"\nIf it is not, because {(one ? "it was" : "they were")} really reverted, take the record away:"
                + string.Concat(missing.Select(id => "\n  " + Delete(context, id)))
                + "\nThen run again."
        );
    }

    private static async ValueTask<Dictionary<string, string>> RecordedAsync(
        MigrationGuardContext context,
        string[] ids
    ) =>
        (
            await context
                .Session.QueryAsync(
                    $"""
                    SELECT migration_id, applied_at, applied_by FROM {context.Records.Journal.Applied}
                    WHERE history_table = $1 AND migration_id = ANY ($2)
                    """,
                    r =>
                        KeyValuePair.Create(
                            r.GetString(0),
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{r.GetDateTime(1):yyyy-MM-dd HH:mm:ss} UTC by {r.GetString(2)}"
                            )
                        ),
                    context.Records.Key,
                    ids
                )
                .ConfigureAwait(false)
        ).ToDictionary(StringComparer.OrdinalIgnoreCase);

    // Empty where the table is there. EF Core's script makes the schema in a DO block, which is noise where there is one.
    private static async ValueTask<IReadOnlyList<string>> CreateTableAsync(MigrationGuardContext context, string table)
    {
        var schema = context.Records.Table.Schema is { } name ? context.Sql.DelimitIdentifier(name) : null;
        var gone = (
            await context
                .Session.QueryAsync(
                    "SELECT to_regclass($1) IS NULL, $2::text IS NOT NULL AND to_regnamespace($2) IS NULL",
                    r => new { Table = r.GetBoolean(0), Schema = r.GetBoolean(1) },
                    table,
                    schema
                )
                .ConfigureAwait(false)
        )[0];
        return gone.Table
            ?
            [
                .. SqlScanner
                    .Split(context.Records.History.GetCreateIfNotExistsScript())
                    .Where(statement => gone.Schema || statement.Tokens is ["CREATE", "TABLE", ..])
                    .Select(statement => OneLine(statement.Text)),
            ]
            : [];
    }

    private static string Edited(MigrationGuardContext context, string id) =>
        context.Code.ChecksumOf(id) == context.Checksums[id] ? "" : ", with another content than in this code";

    private static string FirstStatement(MigrationGuardContext context, string id)
    {
        var step = context.Plan.Steps.FirstOrDefault(step => step.Id == id && step.Direction == MigrationDirection.Up);
        // The last command writes the history.
        var first = step is { Commands.Count: > 1 } ? step.StatementsOf(0).FirstOrDefault() : null;
        return first is null ? "" : $"\n  {id} begins with: {OnOneLine(first)}";
    }

    private static string OnOneLine(SqlStatement statement)
    {
        var text = OneLine(statement.Text);
        return text.Length > 100 ? text[..100] + "…" : text;
    }

    private static string Insert(MigrationGuardContext context, string id) =>
        OneLine(context.Records.History.GetInsertScript(new HistoryRow(id, ProductInfo.GetVersion())));

    private static string OneLine(string sql) =>
        string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Delete(MigrationGuardContext context, string id) =>
        $"DELETE FROM {context.Records.Journal.Applied} WHERE history_table = {SqlLiteral.Of(context.Records.Key)} "
        + $"AND migration_id = {SqlLiteral.Of(id)};";
}
