using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Execution;
using MigrationSafety.Statements;

namespace MigrationSafety.Rollback;

/// <summary>Reads from a migration's Down what it could take away: from EF Core's operations, and from raw SQL statement by statement.</summary>
internal static class LossesOfDown
{
    public static IEnumerable<PossibleLoss> Of(PlannedMigration migration, ISqlGenerationHelper sql) =>
        migration
            .Make()
            .DownOperations.SelectMany(operation =>
                operation switch
                {
                    DropTableOperation o => [new TableLoss(migration.Id, sql.DelimitIdentifier(o.Name, o.Schema))],
                    DropColumnOperation o =>
                    [
                        new ColumnLoss(
                            migration.Id,
                            sql.DelimitIdentifier(o.Table, o.Schema),
                            sql.DelimitIdentifier(o.Name)
                        ),
                    ],
                    DeleteDataOperation o =>
                    [
                        new RowsLoss(migration.Id, sql.DelimitIdentifier(o.Table, o.Schema), "DELETE"),
                    ],
                    UpdateDataOperation o =>
                    [
                        new RowsLoss(migration.Id, sql.DelimitIdentifier(o.Table, o.Schema), "UPDATE"),
                    ],
                    SqlOperation o => SqlScanner.Split(o.Sql).SelectMany(statement => Of(migration.Id, statement)),
                    _ => Enumerable.Empty<PossibleLoss>(),
                }
            );

    internal static IEnumerable<PossibleLoss> Of(string migration, SqlStatement statement)
    {
        var reader = new TokenReader(statement.Text);
        var verb = reader.Next().ToUpperInvariant();
        switch (verb)
        {
            case "DROP" when reader.Take("TABLE"):
                return Names(reader).Select(table => new TableLoss(migration, table));
            case "DROP" when Cascades(statement):
            case "DROP" when reader.Take("OWNED"):
                return [new UnknownLoss(migration, Shortened(statement.Text))];
            case "TRUNCATE":
                reader.Take("TABLE");
                return Names(reader).Select(table => new RowsLoss(migration, table, verb));
            case "DELETE" when reader.Take("FROM"):
            case "UPDATE":
                reader.Take("ONLY");
                return [new RowsLoss(migration, Name(reader), verb)];
            case "ALTER" when reader.Take("TABLE"):
                return Columns(migration, reader);
            case "DO" or "CALL" or "EXECUTE":
            case "SELECT" or "WITH" when MayDelete(statement.Text):
                return MayDelete(statement.Text) || verb is "CALL" or "EXECUTE"
                    ? [new UnknownLoss(migration, Shortened(statement.Text))]
                    : [];
            default:
                return [];
        }
    }

    // ALTER TABLE t DROP COLUMN a, DROP b, ADD c …: each DROP that is not of a constraint, at the start of an action.
    private static IEnumerable<PossibleLoss> Columns(string migration, TokenReader reader)
    {
        SkipIfExists(reader);
        reader.Take("ONLY");
        var table = Name(reader);
        reader.Take("*");
        var depth = 0;
        for (var atStart = true; reader.Peek() is { Length: > 0 }; )
        {
            if (atStart && reader.Take("DROP"))
            {
                if (!reader.Take("CONSTRAINT"))
                {
                    reader.Take("COLUMN");
                    SkipIfExists(reader);
                    yield return new ColumnLoss(migration, table, reader.Next());
                }

                atStart = false;
                continue;
            }

            var token = reader.Next();
            depth +=
                token == "(" ? 1
                : token == ")" ? -1
                : 0;
            atStart = token == "," && depth == 0;
        }
    }

    private static List<string> Names(TokenReader reader)
    {
        SkipIfExists(reader);
        var names = new List<string>();
        do
        {
            reader.Take("ONLY");
            names.Add(Name(reader));
            reader.Take("*");
        } while (reader.Take(","));

        return names;
    }

    private static string Name(TokenReader reader)
    {
        var name = reader.Next();
        while (reader.Take("."))
        {
            name += "." + reader.Next();
        }

        return name;
    }

    private static void SkipIfExists(TokenReader reader)
    {
        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }
    }

    private static bool Cascades(SqlStatement statement) => statement.Tokens.Contains("CASCADE");

    private static bool MayDelete(string sql) =>
        new[] { "DROP ", "DELETE ", "TRUNCATE ", "UPDATE " }.Any(word =>
            sql.Contains(word, StringComparison.OrdinalIgnoreCase)
        );

    private static string Shortened(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 100 ? line[..99] + "…" : line;
    }
}
