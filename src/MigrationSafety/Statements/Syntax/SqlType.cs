namespace MigrationSafety.Statements.Syntax;

/// <summary>A column's type.</summary>
/// <param name="Name">PostgreSQL's own name, for example <c>character varying</c>; others with their schema if that is written.</param>
/// <param name="Modifiers">What stands in parentheses.</param>
/// <param name="IsArray">Whether it is an array of that.</param>
internal sealed record SqlType(string Name, IReadOnlyList<string> Modifiers, bool IsArray)
{
    /// <summary>serial, bigserial and smallserial: an integer with a sequence of its own.</summary>
    public bool IsSerial => Name is "serial" or "bigserial" or "smallserial";

    /// <summary>The type that the column gets.</summary>
    public SqlType Stored =>
        Name switch
        {
            "serial" => this with { Name = "integer" },
            "bigserial" => this with { Name = "bigint" },
            "smallserial" => this with { Name = "smallint" },
            _ => this,
        };

    public bool Equals(SqlType? other) =>
        other is not null && Name == other.Name && IsArray == other.IsArray && Modifiers.SequenceEqual(other.Modifiers);

    public override int GetHashCode() => HashCode.Combine(Name, IsArray, Modifiers.Count);

    public override string ToString()
    {
        var modifiers = Modifiers.Count == 0 ? "" : $"({string.Join(",", Modifiers)})";
        // timestamp(3) with time zone: the modifier stands in the middle.
        var name = Name.Split(' ', 2) is [("timestamp" or "time") and var first, var rest]
            ? $"{first}{modifiers} {rest}"
            : Name + modifiers;
        return name + (IsArray ? "[]" : "");
    }

    /// <summary>PostgreSQL's own name for a type that is known by several.</summary>
    public static string Canonical(string name) =>
        name switch
        {
            "int" or "int4" => "integer",
            "int8" => "bigint",
            "int2" => "smallint",
            "varchar" or "char varying" or "national character varying" => "character varying",
            "char" or "bpchar" or "nchar" or "national character" => "character",
            "decimal" or "dec" => "numeric",
            "bool" => "boolean",
            "float4" => "real",
            "float8" or "float" => "double precision",
            "timestamptz" => "timestamp with time zone",
            "timestamp" => "timestamp without time zone",
            "timetz" => "time with time zone",
            "time" => "time without time zone",
            "varbit" => "bit varying",
            "serial4" => "serial",
            "serial8" => "bigserial",
            "serial2" => "smallserial",
            _ => name,
        };
}
