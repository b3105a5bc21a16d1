using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Db.Backups;

/// <summary>How manifests, drills and rehearsals are written and read.</summary>
internal static class BackupJson
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // The digest is made of these bytes.
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static byte[] Write<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, _options), (byte)'\n'];

    /// <exception cref="JsonException">It is no such document.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, _options) ?? throw new JsonException("It is empty.");

    /// <summary>The manifest with its digest.</summary>
    public static BackupManifest WithDigest(BackupManifest manifest) => manifest with { Digest = DigestOf(manifest) };

    /// <summary>What the manifest's digest has to be.</summary>
    public static string DigestOf(BackupManifest manifest) =>
        Convert.ToHexStringLower(SHA256.HashData(Write(manifest with { Digest = "" })));
}
