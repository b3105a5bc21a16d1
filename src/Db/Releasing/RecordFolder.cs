using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Db.Releasing;

/// <summary>The folder of one release: its record, which is always whole, and its reports.</summary>
/// <param name="Directory">Where it is.</param>
internal sealed record RecordFolder(string Directory)
{
    private const string RecordName = "release.json";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public string RecordFile => Path.Combine(Directory, RecordName);

    public string Page => Path.Combine(Directory, "report.html");

    public string Markdown => Path.Combine(Directory, "report.md");

    public string BundleLog => Path.Combine(Directory, "bundle.log");

    private string RunningFile => Path.Combine(Directory, "running");

    /// <summary>Says that this process works on the release, until it is disposed of or the process ends, however it does.</summary>
    /// <returns>Null where another process works on it.</returns>
    public IDisposable? TryHold()
    {
        try
        {
            return new FileStream(
                RunningFile,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
        }
        catch (IOException) when (File.Exists(RunningFile))
        {
            return null;
        }
    }

    /// <summary>Makes the folder of a new release.</summary>
    /// <exception cref="CouldNotRunException">It cannot be made.</exception>
    public static RecordFolder Create(string releases, string id)
    {
        var directory = Path.Combine(releases, id);
        try
        {
            System.IO.Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CouldNotRunException(
                $"The record of the release cannot be kept in {releases}: {e.Message} Nothing was begun. To do: make that folder yours, or name another one: --releases FOLDER"
            );
        }

        return new RecordFolder(directory);
    }

    /// <summary>The newest release of a database.</summary>
    public static (RecordFolder Folder, ReleaseRecord Record)? FindNewest(string releases, string database)
    {
        if (!System.IO.Directory.Exists(releases))
        {
            return null;
        }

        foreach (var directory in System.IO.Directory.GetDirectories(releases).OrderDescending(StringComparer.Ordinal))
        {
            var folder = new RecordFolder(directory);
            if (File.Exists(folder.RecordFile) && folder.Read() is var record && record.Database == database)
            {
                return (folder, record);
            }
        }

        return null;
    }

    /// <exception cref="CouldNotRunException">It is no record, or one of a newer version.</exception>
    public ReleaseRecord Read()
    {
        try
        {
            var record = JsonSerializer.Deserialize<ReleaseRecord>(File.ReadAllBytes(RecordFile), _json)!;
            return record.Format <= ReleaseRecord.CurrentFormat
                ? record
                : throw new CouldNotRunException(
                    $"{RecordFile} was written by a newer version of db (format {record.Format}). Use that version."
                );
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CouldNotRunException($"{RecordFile} is no record of a release: {e.Message}");
        }
    }

    /// <summary>Adds a line of the bundle to its log.</summary>
    public void NoteBundle(string line)
    {
        try
        {
            File.AppendAllText(BundleLog, $"{DateTimeOffset.UtcNow:O} {line}{Environment.NewLine}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who stops listening to a bundle ends it, in the midst of a migration. The record holds the line too.
        }
    }

    /// <summary>Writes the record so that a crash leaves the old one or the new one, never half of one.</summary>
    public void Write(ReleaseRecord record)
    {
        var temporary = RecordFile + ".new";
        using (var file = File.Create(temporary))
        {
            JsonSerializer.Serialize(file, record, _json);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, RecordFile, overwrite: true);
    }
}
