using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>What a change of a column's type means, by PostgreSQL's own rules.</summary>
internal static class TypeChange
{
    /// <summary>Whether PostgreSQL changes the catalog alone: no row is read or written.</summary>
    public static bool IsFree(SqlType old, SqlType to)
    {
        if (old.Equals(to))
        {
            return true;
        }

        if (old.IsArray || to.IsArray)
        {
            return old.IsArray == to.IsArray
                && IsFree(old with { IsArray = false }, to with { IsArray = false })
                && old.Name == to.Name;
        }

        return (old.Name, to.Name) switch
        {
            ("character varying", "character varying") => Wider(old, to),
            ("character varying", "text") or ("text", "character varying") when to.Modifiers.Count == 0 => true,
            ("text" or "character varying", "citext") or ("citext", "text") => true,
            ("citext", "character varying") => to.Modifiers.Count == 0,
            ("bit varying", "bit varying") => Wider(old, to),
            ("bit", "bit varying") => to.Modifiers.Count == 0 || Wider(old, to),
            ("numeric", "numeric") => NumericGrows(old, to),


            ("timestamp with time zone", "timestamp with time zone")
            or
            ("timestamp without time zone", "timestamp without time zone")
            or
            ("time with time zone", "time with time zone")
            or
            ("time without time zone", "time without time zone")
            or ("interval", "interval") => PrecisionGrows(old, to),
            ("cidr", "inet") or ("xml", "text") => true,
            _ => false,
        };
    }

    /// <summary>timestamp to timestamptz and back: free old PostgreSQL 12 on where the session's time zone is UTC, else every row is written.</summary>
    public static bool IsFreeInUtc(SqlType old, SqlType to) =>
        !old.IsArray
        && !to.IsArray
        && (old.Name, to.Name)
            is
                ("timestamp with time zone", "timestamp without time zone")
                or
                ("timestamp without time zone", "timestamp with time zone")
        && PrecisionGrows(old, to);

    /// <summary>Whether values that fit until now are refused afterwards.</summary>
    public static bool Narrows(SqlType old, SqlType to)
    {
        if (old.IsArray != to.IsArray)
        {
            return true;
        }

        var (a, b) = (Rank(old.Name), Rank(to.Name));
        if (a > 0 && b > 0)
        {
            return b < a;
        }

        return (old.Name, to.Name) switch
        {
            ("character varying" or "character" or "text" or "citext", "character varying" or "character") =>
                to.Modifiers.Count > 0 && (old.Modifiers.Count == 0 || !Wider(old, to)),
            ("numeric", "numeric") => to.Modifiers.Count > 0
                && (old.Modifiers.Count == 0 || IntegerDigits(to) < IntegerDigits(old)),
            ("numeric", "smallint" or "integer" or "bigint") => true,
            ("real" or "double precision", "smallint" or "integer" or "bigint") => true,
            (
                "text"
                    or "character varying"
                    or "citext",
                not ("text" or "character varying" or "citext" or "character")
            ) => true,
            ("jsonb" or "json", not ("jsonb" or "json" or "text" or "character varying")) => true,
            _ => false,
        };
    }

    /// <summary>Whether values are kept, but rounded or cut.</summary>
    public static bool Rounds(SqlType old, SqlType to) =>
        (old.Name, to.Name) switch
        {
            ("double precision", "real" or "numeric") => to.Name == "real" || to.Modifiers.Count > 0,
            ("real", "numeric") => to.Modifiers.Count > 0,
            ("numeric" or "real" or "double precision" or "money", "smallint" or "integer" or "bigint") => true,
            ("numeric", "real" or "double precision" or "money") => true,
            ("numeric", "numeric") => to.Modifiers.Count > 0 && (old.Modifiers.Count == 0 || Scale(to) < Scale(old)),
            ("timestamp with time zone" or "timestamp without time zone", "date") => true,
            (
                "timestamp with time zone"
                    or "timestamp without time zone",
                "time with time zone"
                    or "time without time zone"
            ) => true,
            ("timestamp with time zone", "timestamp with time zone")
            or ("timestamp without time zone", "timestamp without time zone") => !PrecisionGrows(old, to),
            _ => false,
        };

    private static int Rank(string name) =>
        name switch
        {
            "smallint" => 1,
            "integer" => 2,
            "bigint" => 3,
            _ => 0,
        };

    private static bool Wider(SqlType old, SqlType to) =>
        to.Modifiers.Count == 0
        || (
            old.Modifiers.Count > 0
            && int.TryParse(old.Modifiers[0], out var a)
            && int.TryParse(to.Modifiers[0], out var b)
            && b >= a
        );

    private static bool NumericGrows(SqlType old, SqlType to) =>
        to.Modifiers.Count == 0
        || (old.Modifiers.Count > 0 && Scale(old) == Scale(to) && Precision(to) >= Precision(old));

    private static bool PrecisionGrows(SqlType old, SqlType to) =>
        to.Modifiers.Count == 0
        || (
            int.TryParse(to.Modifiers[0], out var b)
            && (b >= 6 || (old.Modifiers.Count > 0 && int.TryParse(old.Modifiers[0], out var a) && b >= a))
        );

    private static int Precision(SqlType type) => int.TryParse(type.Modifiers[0], out var digits) ? digits : 0;

    private static int Scale(SqlType type) =>
        type.Modifiers.Count > 1 && int.TryParse(type.Modifiers[1], out var digits) ? digits : 0;

    private static int IntegerDigits(SqlType type) => Precision(type) - Scale(type);
}
