using MigrationSafety.Statements;

namespace MigrationSafety.Rewriting;

/// <summary>Whether a default may give each row another value, as far as its text tells.</summary>
/// <remarks>
/// PostgreSQL takes a function for VOLATILE unless it is declared otherwise, and so is every unknown one taken here: filling rows in
/// portions is right for any default, only slower than need be for one that is the same for all.
/// </remarks>
internal static class DefaultVolatility
{
    // pg_proc.provolatile of these is i or s, or they are no functions but syntax.
    private static readonly HashSet<string> SameForAllRows = new(StringComparer.OrdinalIgnoreCase)
    {
        "now",
        "transaction_timestamp",
        "statement_timestamp",
        "current_timestamp",
        "current_time",
        "localtimestamp",
        "localtime",
        "timezone",
        "date_trunc",
        "date_part",
        "extract",
        "make_date",
        "make_interval",
        "make_timestamptz",
        "age",
        "to_char",
        "to_date",
        "to_timestamp",
        "to_jsonb",
        "to_json",
        "jsonb_build_object",
        "jsonb_build_array",
        "json_build_object",
        "json_build_array",
        "array",
        "row",
        "coalesce",
        "nullif",
        "greatest",
        "least",
        "cast",
        "lower",
        "upper",
        "concat",
        "concat_ws",
        "trim",
        "btrim",
        "left",
        "right",
        "replace",
        "md5",
        "sha256",
        "encode",
        "decode",
        "floor",
        "ceil",
        "round",
        "abs",
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
        "current_setting",
        "current_schema",
        "current_database",
        "to_tsvector",
        "interval",
        "varying",
        "varchar",
        "character",
        "char",
        "numeric",
        "decimal",
        "bit",
        "timestamp",
        "timestamptz",
        "time",
        "timetz",
        "any",
        "all",
        "in",
        "and",
        "or",
        "not",
    };

    public static bool DiffersFromRowToRow(string sql)
    {
        var (second, before, previous) = ("", "", "");
        var reader = new TokenReader(sql);
        for (var token = reader.Next(); token.Length > 0; token = reader.Next())
        {
            if (
                token == "("
                && previous.Length > 0
                && (char.IsLetter(previous[0]) || previous[0] is '_' or '"')
                // varchar(20) behind :: or AS is a type.
                && before is not (":" or "as" or "AS" or "As")
                && (!SameForAllRows.Contains(previous) || (before == "." && !IsCatalog(second)))
            )
            {
                return true;
            }

            (second, before, previous) = (before, previous, token);
        }

        return false;
    }

    private static bool IsCatalog(string schema) => schema.Equals("pg_catalog", StringComparison.OrdinalIgnoreCase);
}
