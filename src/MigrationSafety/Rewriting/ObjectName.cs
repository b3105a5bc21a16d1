using System.Security.Cryptography;
using System.Text;

namespace MigrationSafety.Rewriting;

/// <summary>Names of objects within PostgreSQL's 63 bytes.</summary>
internal static class ObjectName
{
    private const int Limit = 63;

    /// <summary>A name made of another one. What is too long ends in a hash instead of being cut to what another name is cut to as well.</summary>
    public static string With(string name, string suffix)
    {
        var whole = $"{name}_{suffix}";
        if (Encoding.UTF8.GetByteCount(whole) <= Limit)
        {
            return whole;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8];
        return $"{Cut(name, Limit - Encoding.UTF8.GetByteCount(suffix) - hash.Length - 2)}_{hash}_{suffix}";
    }

    /// <summary>
    /// The name that PostgreSQL 18 gives a NOT NULL constraint (makeObjectName in indexcmds.c): of table and column the longer is cut
    /// until all fits.
    /// </summary>
    public static string OfNotNull(string table, string column)
    {
        const string label = "_not_null";
        var (t, c) = (Encoding.UTF8.GetByteCount(table), Encoding.UTF8.GetByteCount(column));
        while (t + c + 1 + label.Length > Limit)
        {
            _ = t > c ? t-- : c--;
        }

        return $"{Cut(table, t)}_{Cut(column, c)}{label}";
    }

    private static string Cut(string name, int bytes)
    {
        var end = name.Length;
        while (Encoding.UTF8.GetByteCount(name.AsSpan(0, end)) > bytes)
        {
            end -= end > 1 && char.IsLowSurrogate(name[end - 1]) ? 2 : 1;
        }

        return name[..end];
    }
}
