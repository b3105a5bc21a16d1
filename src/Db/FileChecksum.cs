using System.Security.Cryptography;

namespace Db;

/// <summary>SHA-256 of a file's content: what tells a bundle that was rehearsed from any other, and a whole backup from a damaged one.</summary>
internal static class FileChecksum
{
    private const int Portion = 1 << 20;

    /// <summary>Reads a file from its begin to its end.</summary>
    /// <returns>In lower-case hexadecimal, as sha256sum writes it.</returns>
    public static async Task<string> Sha256Async(string path, CancellationToken ct)
    {
        await using var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            Portion,
            FileOptions.SequentialScan
        );
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
    }
}
