using Data.Migrations.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>A column that is missing, of another type, or without its NOT NULL: no migration of ours mends that by itself.</summary>
internal static class ColumnProblem
{
    /// <summary>What is wrong with a column; null where only its default differs, or it is stricter than ours.</summary>
    public static async Task<Finding?> OfAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        CancellationToken ct
    )
    {
        var table = difference.Object["table ".Length..];
        var column = difference.Property!["column ".Length..];
        var expected = AdoptedSchema.Column(difference.Expected!);
        if (difference.Kind == SchemaDifferenceKind.Missing)
        {
            return await MissingAsync(connection, difference, table, column, expected, ct);
        }

        var found = AdoptedSchema.Column(difference.Found!);
        if (found.Type != expected.Type)
        {
            return await OtherTypeAsync(connection, difference, table, column, (found, expected), ct);
        }

        return expected.IsRequired && !found.IsRequired
            ? await NullableAsync(connection, difference, table, column, expected.Default, ct)
            : null;
    }

    private static async Task<Finding> MissingAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        string table,
        string column,
        (string Type, bool IsRequired, string? Default) expected,
        CancellationToken ct
    )
    {
        var rows = await RowCount.OfAsync(connection, $"SELECT count(*) FROM {table}", ct);
        var @default = expected.Default is null ? "" : $" DEFAULT {expected.Default}";
        return new Finding(
            Verdict.InTheWay,
            difference.Object,
            difference.Property,
            $"it is missing; ours is {difference.Expected}",
            rows,
            expected is { IsRequired: true, Default: null }
                ? $"""
                ALTER TABLE {table} ADD COLUMN {column} {expected.Type};
                -- Fill it in all {rows:N0} rows, then:
                {SetNotNull(table, column)}
                """
                : $"ALTER TABLE {table} ADD COLUMN {column} {expected.Type}{@default}{(expected.IsRequired ? " NOT NULL" : "")};"
        );
    }

    private static async Task<Finding> OtherTypeAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        string table,
        string column,
        (
            (string Type, bool IsRequired, string? Default) Found,
            (string Type, bool IsRequired, string? Default) Expected
        ) both,
        CancellationToken ct
    )
    {
        var rows = await RowCount.OfAsync(connection, $"SELECT count({column}) FROM {table}", ct);
        var (from, to) = (both.Found.Type, both.Expected.Type);
        var isCatalogOnly = to == "text" && from.StartsWith("character varying", StringComparison.Ordinal);
        var value = (from, to) is ("timestamp without time zone", "timestamp with time zone")
            ? $"{column} AT TIME ZONE 'UTC'"
            : $"{column}::{to}";
        var dropDefault = both.Found.Default is null
            ? ""
            : $"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;\n";
        var setDefault = both.Expected.Default is { } text
            ? $"\nALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {text};"
            : "";
        return new Finding(
            Verdict.InTheWay,
            difference.Object,
            difference.Property,
            $"it is {from}; ours is {to}. {rows:N0} {(rows == 1 ? "row holds" : "rows hold")} a value",
            rows,
            (
                isCatalogOnly
                    ? "-- Changes the catalogs only.\n"
                    : "-- Rewrites the table, and nobody reads it meanwhile: choose a quiet time, or fill a new column in batches instead.\n"
            )
                + await ColumnDependents.AroundAsync(
                    connection,
                    table,
                    column,
                    $"{dropDefault}ALTER TABLE {table} ALTER COLUMN {column} TYPE {to} USING {value};{setDefault}",
                    ct
                )
        );
    }

    private static async Task<Finding> NullableAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        string table,
        string column,
        string? @default,
        CancellationToken ct
    )
    {
        var rows = await RowCount.OfAsync(connection, $"SELECT count(*) FROM {table} WHERE {column} IS NULL", ct);
        var mend =
            rows == 0 ? ""
            : @default is not null ? $"UPDATE {table} SET {column} = {@default} WHERE {column} IS NULL;\n"
            : $"-- Deletes {rows:N0} {(rows == 1 ? "row" : "rows")}; or give them a value instead.\nDELETE FROM {table} WHERE {column} IS NULL;\n";
        return new Finding(
            Verdict.InTheWay,
            difference.Object,
            difference.Property,
            $"it may be null, and ours may not; {rows:N0} {(rows == 1 ? "row is" : "rows are")} null. "
                + "Make sure that no release of the application writes null before you mend it",
            rows,
            mend + SetNotNull(table, column)
        );
    }

    // By a valid check, so that SET NOT NULL has nothing to read and its lock lasts milliseconds.
    private static string SetNotNull(string table, string column) =>
        $"""
            ALTER TABLE {table} ADD CONSTRAINT adopted_not_null CHECK ({column} IS NOT NULL) NOT VALID;
            ALTER TABLE {table} VALIDATE CONSTRAINT adopted_not_null;
            ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;
            ALTER TABLE {table} DROP CONSTRAINT adopted_not_null;
            """;
}
