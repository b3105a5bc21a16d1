using System.Globalization;

namespace Db.Tracing.Rows;

/// <summary>
/// SQL expressions that make values of a type out of a row's number, <c>r_.i_</c>. The first is meant to be different in every row;
/// the others are what conditions commonly ask for.
/// </summary>
internal static class ValueExpressions
{
    /// <summary>The number of the row that is made.</summary>
    public const string Row = "r_.i_";

    /// <summary>The expressions for a column's type, best first; empty where nothing is known of the type.</summary>
    public static IReadOnlyList<string> For(ColumnShape column) =>
        [.. Of(column.Type, column.Name).Select(e => $"({e})::{column.Type.Sql}")];

    private static IReadOnlyList<string> Of(TypeShape type, string name)
    {
        if (type.Base is not null)
        {
            return Of(type.Base, name);
        }

        if (type.IsArray)
        {
            return type.Element is null
                ? []
                :
                [
                    .. Of(type.Element, name).Take(3).Select(e => $"ARRAY[({e})::{type.Element.Sql}]"),
                    $"ARRAY[]::{type.Sql}",
                ];
        }

        return type.Kind switch
        {
            'e' => type.Labels.Count == 0
                ? []
                :
                [
                    $"(ARRAY[{string.Join(", ", type.Labels.Select(Literal))}])[1 + {Row} % {type.Labels.Count}]",
                    .. type.Labels.Select(Literal),
                ],
            'r' => type.Element is null ? [] : Ranges(type),
            'm' => type.Element is null ? [] : [.. Ranges(type.Element).Select(e => $"{type.Sql}({e})")],
            'b' => OfBase(type, name),
            _ => [],
        };
    }

    private static IReadOnlyList<string> Ranges(TypeShape range) =>
        range.Name switch
        {
            "int4range" or "int8range" or "numrange" => [$"{range.Sql}({Row} * 10, {Row} * 10 + 5)"],
            "daterange" => [$"daterange(date '2020-01-01' + {Row}, date '2020-01-01' + {Row} + 1)"],
            "tsrange" => [$"tsrange({Moment("timestamp")}, {Moment("timestamp")} + interval '30 seconds')"],
            "tstzrange" => [$"tstzrange({Moment("timestamptz")}, {Moment("timestamptz")} + interval '30 seconds')"],
            _ => ["'empty'"],
        };

    private static IReadOnlyList<string> OfBase(TypeShape type, string name) =>
        type.Name switch
        {
            "text" or "varchar" or "citext" or "bpchar" or "name" => Texts(type, name),
            "int2" => [$"{Row} % 32767", .. Small],
            "int4" or "int8" or "oid" => [Row, .. Small, $"2000 + {Row} % 50", "1000000"],
            "numeric" => Numbers(type),
            "float4" or "float8" => [Row, $"({Row} % 100) / 100.0", .. Small],
            "money" => [Row],
            "bool" => [$"{Row} % 2 = 1", "true", "false"],
            "uuid" => [$"md5({Literal(name)} || {Row})"],
            "date" => [$"date '2020-01-01' + {Row}", $"date '2020-01-02' + {Row}", "date '2024-02-29'", "current_date"],
            "timestamp" or "timestamptz" => Moments(type.Name),
            "time" or "timetz" => [$"time '00:00' + {Row} * interval '1 second'", "time '12:00'", "time '13:00'"],
            "interval" => [$"{Row} * interval '1 minute'", "interval '1 day'"],
            "json" or "jsonb" =>
            [
                $"jsonb_build_object('row', {Row})",
                "'{}'::jsonb",
                "'[]'::jsonb",
                "'\"text\"'::jsonb",
            ],
            "bytea" => [$"decode(md5({Row}::text), 'hex')", $"sha256({Row}::text::bytea)", "''::bytea"],
            "inet" => [$"'10.0.0.0'::inet + {Row}"],
            "cidr" => [$"set_masklen('10.0.0.0'::inet + {Row}, 32)"],
            "macaddr" => [$"lpad(to_hex({Row}), 12, '0')"],
            "macaddr8" => [$"lpad(to_hex({Row}), 16, '0')"],
            "bit" => [$"({Row})::int::bit({Math.Max(type.Modifier, 1)})"],
            "varbit" => [$"({Row} % 2)::int::bit({(type.Modifier > 0 ? Math.Min(type.Modifier, 8) : 8)})"],
            "point" => [$"point({Row}, {Row})"],
            "line" => [$"line(point({Row}, 0), point({Row}, 1))"],
            "lseg" => [$"lseg(point({Row}, 0), point({Row}, 1))"],
            "box" => [$"box(point({Row}, 0), point({Row} + 1, 1))"],
            "path" => [$"path(polygon(box(point({Row}, 0), point({Row} + 1, 1))))"],
            "polygon" => [$"polygon(box(point({Row}, 0), point({Row} + 1, 1)))"],
            "circle" => [$"circle(point({Row}, 0), 1)"],
            "xml" => [$"'<row>' || {Row} || '</row>'"],
            "tsvector" => [$"to_tsvector('simple', {Literal(name)} || ' ' || {Row})"],
            "tsquery" => [$"plainto_tsquery('simple', 'row' || {Row})"],
            "hstore" => [$"'row=>' || {Row}"],
            "ltree" => [$"'row.' || {Row}"],
            _ => [$"({Row})::text"],
        };

    private static readonly string[] Small = ["1", "0", "2", "5", "10", "50", "100", $"1 + {Row} % 100", "-1"];

    private static IReadOnlyList<string> Numbers(TypeShape type)
    {
        if (type.Modifier < 4)
        {
            return [Row, $"({Row} % 100) / 100.0", .. Small];
        }

        var whole = Math.Max(0, (((type.Modifier - 4) >> 16) & 0xffff) - ((type.Modifier - 4) & 0x7ff));
        var limit = whole > 9 ? 1_000_000_000 : (long)Math.Pow(10, whole);
        return limit <= 1
            ? [$"({Row} % 100) / 1000.0", "0"]
            : [$"{Row} % {limit}", $"({Row} % 100) / 100.0", .. limit > 100 ? Small : ["1", "0", "2", "5"]];
    }

    private static IReadOnlyList<string> Moments(string type) =>
        [
            Moment(type),
            $"{Moment(type)} + interval '1 hour'",
            $"{Moment(type)} + interval '1 day'",
            $"{type} '2099-01-01' + {Row} * interval '1 minute'",
            $"{type} '2024-02-29 12:00'",
        ];

    private static string Moment(string type) => $"{type} '2020-01-01' + {Row} * interval '1 minute'";

    private static IReadOnlyList<string> Texts(TypeShape type, string name)
    {
        var length = type.Length;
        var candidates = new List<string>();
        var unique = length switch
        {
            null => $"{Literal(name + " ")} || {Row}",
            >= 10 and var l => $"{Literal(name[..Math.Min(name.Length, l - 8)] + " ")} || {Row}",
            var l => $"right(lpad(to_hex({Row}), 8, '0'), {l})",
        };
        candidates.Add(unique);
        // What formats commonly ask for, each still different in every row where there is room.
        candidates.AddRange(
            $"'user' || {Row} || '@example.com'",
            $"'https://example.com/' || {Row}",
            $"'row_' || {Row}",
            $"'row-' || {Row}",
            $"'Row' || {Row}",
            $"'ROW' || {Row}",
            $"{Row}::text",
            $"md5({Row}::text)",
            $"md5({Row}::text)::uuid::text",
            $"'+49151' || lpad({Row}::text, 8, '0')",
            $"encode(sha256({Row}::text::bytea), 'hex')",
            $"translate(lpad({Row}::text, 6, '0'), '0123456789', 'abcdefghij')",
            $"translate(lpad({Row}::text, 6, '0'), '0123456789', 'ABCDEFGHIJ')",
            $"translate(lpad(({Row} % 100)::text, 2, '0'), '0123456789', 'ABCDEFGHIJ')",
            $"translate(lpad(({Row} % 1000)::text, 3, '0'), '0123456789', 'ABCDEFGHIJ')",
            $"(date '2020-01-01' + {Row})::text",
            "'a'",
            "'A'",
            "'en'",
            "'DE'",
            "'EUR'",
            "'de-DE'",
            "'Europe/Berlin'",
            "'{}'",
            "'#00ff00'",
            "'1.0.0'",
            "''"
        );
        return candidates;
    }

    /// <summary>A text as an SQL literal.</summary>
    public static string Literal(string text) =>
        text.Contains('\\')
            ? $"E'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A number as an SQL literal.</summary>
    public static string Literal(decimal number) => number.ToString(CultureInfo.InvariantCulture);
}
