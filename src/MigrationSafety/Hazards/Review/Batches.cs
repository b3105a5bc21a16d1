using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Writes an UPDATE or DELETE as one that takes some thousand rows at a time.</summary>
internal static class Batches
{
    public static string Of(HazardContext context, DataChange change, string text)
    {
        if (change.Verb == "MERGE")
        {
            return Instead.Remarks(
                context,
                $"MERGE INTO {change.Table} USING (SELECT … WHERE id BETWEEN 1 AND 10000): a portion of the keys,",
                "each portion committed by itself, until the last key"
            );
        }

        var key = context.Schema.Table(change.Table)?.PrimaryKey?.Columns is [var column]
            ? ObjectName.Quoted(column)
            : "ctid";
        var begin =
            change.Verb == "DELETE" ? $"DELETE FROM {change.Table}"
            : change.Source is { Text: var set } ? $"UPDATE {change.Table} SET {set}"
            : text;
        var rest = change.Where is { Tokens.Count: > 0 } where ? $" WHERE {where.Text}" : "";
        var sql = $"{begin}\nWHERE {key} IN (SELECT {key} FROM {change.Table}{rest} LIMIT 5000 FOR UPDATE SKIP LOCKED)";
        return Instead.Steps(
            context,
            new Step(
                sql,
                Alone: true,
                rest.Length == 0
                    ? "in batches, each committed by itself, with a condition that leaves out what is done, until no row is left:"
                    : "in batches, each committed by itself, until no row is left:"
            )
        );
    }
}
