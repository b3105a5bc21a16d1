using System.Text.Json.Serialization;

namespace Db.Backups;

/// <summary>What a backup is: written beside its files as <c>manifest.json</c>, last, so that a backup without one is none.</summary>
internal sealed record BackupManifest
{
    /// <summary>The format that this build writes.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The format's version.</summary>
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary>What made it: <c>db 0.1.0</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>The release that made it before it migrated; null where none did. Without it the digest is that of format 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Release { get; init; }

    /// <summary>The database's name.</summary>
    public required string Database { get; init; }

    /// <summary>Where it was: <c>db.example.com:5432</c>.</summary>
    public required string Server { get; init; }

    /// <summary>The number that initdb gave the server's cluster; null where the server does not tell.</summary>
    public string? SystemIdentifier { get; init; }

    /// <summary>The role that made it.</summary>
    public required string TakenBy { get; init; }

    /// <summary>The server's version: <c>15.18</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>pg_dump's version; pg_restore must be of the same major version or newer.</summary>
    public required string DumpVersion { get; init; }

    /// <summary>When it was begun, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When its last file was on the disk, UTC.</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>How many tables were copied at a time.</summary>
    public required int Jobs { get; init; }

    /// <summary>pg_dump's own word for the compression.</summary>
    public required string Compression { get; init; }

    /// <summary>Schemas that were left out by wish; empty where it is the whole database.</summary>
    public IReadOnlyList<string> ExcludedSchemas { get; init; } = [];

    /// <summary>The last applied migration; null where none was.</summary>
    public string? LastMigration { get; init; }

    /// <summary>All applied migrations, in order.</summary>
    public required IReadOnlyList<string> Migrations { get; init; }

    /// <summary>Where in the write-ahead log it stands, for recovery to a point in time.</summary>
    public required LogPosition Log { get; init; }

    /// <summary>What of the database stands outside its schemas.</summary>
    public required DatabaseProperties Properties { get; init; }

    /// <summary>The schemas that <see cref="Backup.SchemaFile"/> covers.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>Rows of each table, counted in the snapshot that was dumped.</summary>
    public required IReadOnlyList<TableRows> Tables { get; init; }

    /// <summary>The roles that own something or are named in grants and policies. They belong to the server, not to the database.</summary>
    public required IReadOnlyList<BackupRole> Roles { get; init; }

    /// <summary>The extensions that a server must have for a restore.</summary>
    public required IReadOnlyList<BackupExtension> Extensions { get; init; }

    /// <summary>Every file of the backup but this one, with its checksum.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    /// <summary>SHA-256 of the whole: of this document with this value empty, and so of the checksums of all files.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The size of all files, in bytes.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The rows of all tables.</summary>
    [JsonIgnore]
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>How long it took.</summary>
    [JsonIgnore]
    public TimeSpan Took => Finished - Started;

    /// <summary>True where the other is of the same database: of one name, on one server.</summary>
    public bool IsOfTheSameDatabase(BackupManifest other) => IsOf(other.Database, other.Server, other.SystemIdentifier);

    /// <summary>Whether it is of this database.</summary>
    /// <param name="database">The database's name.</param>
    /// <param name="server">Where it is: a host may have several names.</param>
    /// <param name="systemIdentifier">The cluster's own number, which decides where both are known.</param>
    public bool IsOf(string? database, string server, string? systemIdentifier) =>
        Database == database
        && (
            SystemIdentifier is null || systemIdentifier is null
                ? Server == server
                : SystemIdentifier == systemIdentifier
        );
}

/// <summary>A place in the write-ahead log.</summary>
/// <param name="Position">pg_current_wal_lsn() just before the snapshot: <c>0/B768438</c>.</param>
/// <param name="Time">The server's clock then; the recovery_target_time.</param>
/// <param name="Archiving">Whether the server archives its log itself; without an archive (its own or the provider's) no point in time can be recovered.</param>
/// <param name="RestorePoint">The named restore point, for recovery_target_name; null where none could be made.</param>
/// <param name="NoRestorePoint">Why there is none.</param>
internal sealed record LogPosition(
    string Position,
    DateTimeOffset Time,
    bool Archiving,
    string? RestorePoint,
    string? NoRestorePoint
);

/// <summary>What of a database stands outside its schemas.</summary>
/// <param name="Owner">The role that owns it.</param>
/// <param name="Encoding">UTF8.</param>
/// <param name="Collation">LC_COLLATE.</param>
/// <param name="CharacterType">LC_CTYPE.</param>
/// <param name="LocaleProvider">c (libc), i (icu) or b (builtin).</param>
/// <param name="Locale">The locale of icu or of the built-in provider.</param>
/// <param name="Bytes">pg_database_size.</param>
/// <param name="Settings">ALTER DATABASE … SET, each as <c>name=value</c>, with the role it is for.</param>
/// <param name="Grants">Privileges on the database itself.</param>
internal sealed record DatabaseProperties(
    string Owner,
    string Encoding,
    string Collation,
    string CharacterType,
    string LocaleProvider,
    string? Locale,
    long Bytes,
    IReadOnlyList<DatabaseSetting> Settings,
    IReadOnlyList<DatabaseGrant> Grants
);

/// <summary>A setting of a database.</summary>
/// <param name="Role">For which role alone; null for all.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
internal sealed record DatabaseSetting(string? Role, string Name, string Value);

/// <summary>A privilege on a database.</summary>
/// <param name="Role">Whose; null for everybody's.</param>
/// <param name="Privilege">CONNECT, CREATE or TEMPORARY.</param>
internal sealed record DatabaseGrant(string? Role, string Privilege);

/// <summary>A table and its rows.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">count(*).</param>
/// <param name="Bytes">Its size without its indexes.</param>
internal sealed record TableRows(string Schema, string Name, long Rows, long Bytes)
{
    /// <summary>Schema and name, as SQL.</summary>
    [JsonIgnore]
    public string Sql => $"{SqlName.Quote(Schema)}.{SqlName.Quote(Name)}";

    /// <inheritdoc />
    public override string ToString() => $"{Schema}.{Name}";
}

/// <summary>A role, without its password.</summary>
internal sealed record BackupRole(
    string Name,
    bool Superuser,
    bool Inherit,
    bool CreateRole,
    bool CreateDb,
    bool Login,
    bool Replication,
    bool BypassRls,
    IReadOnlyList<string> MemberOf
);

/// <summary>An extension.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
internal sealed record BackupExtension(string Name, string Version);

/// <summary>A file of a backup.</summary>
/// <param name="Path">Relative to the backup, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its checksum.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256);
