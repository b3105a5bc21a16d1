using Db.Backups;
using Db.Preflight;
using Db.Rehearsing;
using Xunit;

namespace Db.Tests;

/// <summary>What the checks before a release read is what the other commands write.</summary>
public class EvidenceTests
{
    private static readonly DateTimeOffset _at = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_backup_and_its_drill()
    {
        using var folder = new TemporaryFolder();
        var manifest = BackupJson.WithDigest(
            new BackupManifest
            {
                Tool = "db",
                Database = "app",
                Server = "db.example.com:5432",
                SystemIdentifier = "7",
                TakenBy = "owner",
                ServerVersion = "15.18",
                DumpVersion = "15.18",
                Started = _at,
                Finished = _at.AddMinutes(1),
                Jobs = 2,
                Compression = "gzip",
                LastMigration = "20261122153913_ApiAuditLog",
                Migrations = ["20261122153913_ApiAuditLog"],
                Log = new LogPosition("0/1", _at, false, null, null),
                Properties = new DatabaseProperties("owner", "UTF8", "C", "C", "c", null, 1, [], []),
                Schemas = ["public"],
                Tables = [],
                Roles = [],
                Extensions = [],
                Files = [],
            }
        );
        Write(folder, "app-1/manifest.json", manifest);
        Write(
            folder,
            "app-1/drill.json",
            new DrillResult
            {
                Backup = "app-1",
                BackupDigest = manifest.Digest,
                At = _at,
                Passed = true,
                Tables = 7,
                Rows = 9,
                RestoreSeconds = 1.5,
            }
        );

        var read = Assert.Single(BackupEvidence.ReadAll(folder.Path));

        Assert.Equal(
            new BackupEvidence(
                "app-1",
                "app",
                "db.example.com:5432",
                "7",
                _at,
                "20261122153913_ApiAuditLog",
                new DrillEvidence(true, manifest.Digest, _at, null, 7, 9, 1.5)
            ),
            read
        );
    }

    [Fact]
    public void A_rehearsal()
    {
        using var folder = new TemporaryFolder();
        Write(
            folder,
            "rehearsal.json",
            new RehearsalResult
            {
                Passed = true,
                At = _at,
                Bundle = "efbundle",
                BundleSha256 = "abc",
                PlanDigest = "def",
                Backup = "app-1",
                BackupDigest = "d1",
                BackupTaken = _at,
                Database = "app",
                ServerVersion = "15.18",
                ReleaseSeconds = 90,
                Rollback = new RehearsedRollback("ApiKeys", true, true, ["7 rows"], 2, 3, [], null),
            }
        );

        var read = EvidenceFile.Read<RehearsalEvidence>(Path.Combine(folder.Path, "rehearsal.json"))!;

        Assert.Equal(
            (true, "abc", "def", "app-1", 90.0, _at),
            (read.Passed, read.BundleSha256, read.PlanDigest, read.Backup, read.ReleaseSeconds, read.At)
        );
        Assert.Equal(
            ("ApiKeys", true, true, 2.0),
            (read.Rollback!.Target, read.Rollback.Possible, read.Rollback.LosesData, read.Rollback.BackSeconds)
        );
        Assert.Equal(["7 rows"], read.Rollback.Losses!);
    }

    private static void Write<T>(TemporaryFolder folder, string name, T value) =>
        folder.Write(name, System.Text.Encoding.UTF8.GetString(BackupJson.Write(value)));
}
