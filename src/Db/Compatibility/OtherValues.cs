using Db.Tracing.Rows;

namespace Db.Compatibility;

/// <summary>Values at the edges of a type, as literals: what a release may write and a narrower schema refuses.</summary>
internal static class OtherValues
{
    private const int LongText = 300;

    public static IEnumerable<string> Of(TypeShape type)
    {
        var inner = type.Innermost;
        return inner switch
        {
            { Kind: 'e' } => inner.Labels.Select(ValueExpressions.Literal),
            { IsArray: true } => ["'{}'"],
            { Name: "text" or "varchar" or "bpchar" or "citext" } =>
            [
                "''",
                $"'{new string('x', inner.Length ?? LongText)}'",
                "'Ärger, \"x\" <y> & co.'",
            ],
            { Name: "int2" } => ["'0'", "'-1'", "'32767'"],
            { Name: "int4" } => ["'0'", "'-1'", "'2147483647'"],
            { Name: "int8" } => ["'0'", "'-1'", "'9223372036854775807'"],
            { Name: "numeric" } => ["'0'", "'-1'", .. Largest(inner.Modifier)],
            { Name: "float4" or "float8" } => ["'0'", "'-1.5'", "'1e30'"],
            { Name: "bool" } => ["'true'", "'false'"],
            { Name: "date" } => ["'1900-01-01'", "'2999-12-31'"],
            { Name: "timestamp" or "timestamptz" } => ["'1900-01-01 00:00:00.123456'", "'2999-12-31 23:59:59.999999'"],
            { Name: "json" or "jsonb" } => ["'{}'", "'[]'", "'null'"],
            _ => [],
        };
    }

    private static string[] Largest(int modifier)
    {
        if (modifier < 4)
        {
            return ["'12345678901234567890.123456789'"];
        }

        var precision = ((modifier - 4) >> 16) & 0xffff;
        var scale = (modifier - 4) & 0x7ff;
        var whole = Math.Max(1, precision - scale);
        return [$"'{new string('9', whole)}{(scale > 0 ? "." + new string('9', scale) : "")}'"];
    }
}
