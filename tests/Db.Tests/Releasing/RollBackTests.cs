using Db.Bundles;
using Db.Databases;
using Db.Releasing;
using Db.Releasing.Steps;
using MigrationSafety.Connections;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>Going back by itself, where that is not as safe as it sounds.</summary>
public sealed class RollBackTests
{
    [Fact]
    public async Task A_bundle_that_was_replaced_is_not_given_the_owners_connection()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("A shell script stands for the bundle.");
            return;
        }

        using var folder = new TemporaryFolder();
        var bundle = folder.Write("efbundle", "#!/bin/sh\n");
        File.SetUnixFileMode(bundle, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var database = new NamedDatabase(
            PostgresConnectionString.Parse("postgresql://owner@127.0.0.1:1/app"),
            "a test"
        );
        var process = (await BundleFile.OpenAsync(bundle, TestContext.Current.CancellationToken)).For(
            database.Connection
        );
        var ran = Path.Combine(folder.Path, "ran");
        await File.WriteAllTextAsync(bundle, $"#!/bin/sh\ntouch {ran}\n", TestContext.Current.CancellationToken);
        var record = new ReleaseRecord
        {
            Id = "1",
            Database = "app",
            Bundle = bundle,
            BundleDigest = process.Digest,
            Started = DateTimeOffset.UnixEpoch,
            Before = "20260101000000_Before",
        };

        var result = await new RollBackStep().RunAsync(
            new ReleaseContext(
                database,
                process,
                Plan: null,
                new ReleaseOptions { Releases = folder.Path, RollbackOnFailure = true },
                record,
                new RecordFolder(folder.Path),
                (_, _) => { }
            ),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(StepOutcome.Failed, result.Outcome);
        Assert.Contains("is another file than at the start of this release", result.Summary, StringComparison.Ordinal);
        Assert.Contains($"{bundle} 20260101000000_Before", result.ToDo, StringComparison.Ordinal);
        Assert.False(File.Exists(ran), "the replaced bundle was run");
    }
}
