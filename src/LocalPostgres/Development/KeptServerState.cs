using System.Text.Json;
using System.Text.Json.Serialization;

namespace LocalPostgres.Development;

/// <summary>What is remembered of a development server between two runs.</summary>
/// <param name="Checkout">The directory it belongs to.</param>
/// <param name="Kind">How it was made, and so how it is started.</param>
/// <param name="Major">The major version of its data.</param>
/// <param name="Host">Where it listens: the loopback address, or a Docker engine's machine.</param>
/// <param name="Port">Its port there.</param>
/// <param name="Place">The directory of its programs, or the image of its container.</param>
/// <param name="Origin">Where those come from, as messages say it.</param>
internal sealed record KeptServerState(
    string Checkout,
    [property: JsonConverter(typeof(JsonStringEnumConverter<ServerKind>))] ServerKind Kind,
    int Major,
    string Host,
    int Port,
    string Place,
    string Origin
)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>The state in the file; null where there is none.</summary>
    public static KeptServerState? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<KeptServerState>(File.ReadAllText(path)) : null;

    /// <summary>Replaces the file as a whole: a crash leaves the old one or the new one.</summary>
    public void Write(string path)
    {
        var next = path + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(this, Readable));
        File.Move(next, path, overwrite: true);
    }
}
