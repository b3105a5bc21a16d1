using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Tells functions that give another value each time from those that do not.</summary>
internal static class VolatileCalls
{
    // PostgreSQL's own that are volatile and that somebody might give to a default, with those of its usual extensions.
    private static readonly HashSet<string> Known =
    [
        "gen_random_uuid",
        "uuidv4",
        "uuidv7",
        "uuid_generate_v1",
        "uuid_generate_v1mc",
        "uuid_generate_v4",
        "random",
        "random_normal",
        "clock_timestamp",
        "timeofday",
        "nextval",
        "currval",
        "lastval",
        "setval",
        "gen_random_bytes",
        "gen_salt",
        "txid_current",
        "pg_current_xact_id",
        "nanoid",
        "gen_ulid",
        "generate_ulid",
        "gen_uuid_v7",
        "uuid_generate_v7",
        "xid",
        "ksuid",
    ];

    // Those that are stable or immutable: one value for the whole statement.
    private static readonly HashSet<string> Constant =
    [
        "now",
        "current_date",
        "current_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "localtimestamp",
        "localtime",
        "current_time",
        "current_setting",
        "current_user",
        "session_user",
        "timezone",
        "date_trunc",
        "to_char",
        "to_timestamp",
        "to_date",
        "lower",
        "upper",
        "coalesce",
        "nullif",
        "concat",
        "concat_ws",
        "array",
        "jsonb_build_object",
        "jsonb_build_array",
        "json_build_object",
        "json_build_array",
        "make_interval",
        "make_date",
        "make_timestamptz",
        "date_part",
        "md5",
        "abs",
        "round",
        "floor",
        "ceil",
        "length",
        "trim",
        "btrim",
        "replace",
        "substr",
        "substring",
        "left",
        "right",
        "repeat",
        "to_jsonb",
        "to_json",
        "cast",
        "extract",
        "greatest",
        "least",
        "point",
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
        "decode",
        "encode",
        "sha256",
        "set_config",
        "inet_client_addr",
        "current_database",
        "current_schema",
        "version",
        "array_fill",
        "string_to_array",
        "jsonb_object",
        "to_tsvector",
        "tsvector",
        "age",
        "pi",
        "power",
        "sqrt",
        "mod",
        "div",
        "format",
        "quote_literal",
    ];

    /// <summary>The function in an expression that gives another value for each row, or null. One that nobody knows counts as such.</summary>
    public static string? First(Expression expression, HazardContext context)
    {
        foreach (var call in expression.Calls())
        {
            if ((call.Schema is null or "pg_catalog" or "extensions") && Known.Contains(call.Name))
            {
                return call.Name;
            }

            if (call.Schema == "pg_catalog" || (call.Schema is null && Constant.Contains(call.Name)))
            {
                continue;
            }

            var name = call.Schema is null ? call with { Schema = "public" } : call;
            var known = context.Schema.Routines.GetValueOrDefault(name, []);
            if (known.IsEmpty || known.Any(r => r.Definition.Volatility == Volatility.Volatile))
            {
                return call.Name;
            }
        }

        return null;
    }
}
