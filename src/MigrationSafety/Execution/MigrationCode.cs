using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;
#pragma warning disable EF1001 // It is only asked whether the application has put another one in its place.
using Microsoft.EntityFrameworkCore.Migrations.Internal;
#pragma warning restore EF1001
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Journal;

namespace MigrationSafety.Execution;

/// <summary>Runs the code of the migrations: makes them, and their checksums, each once.</summary>
/// <remarks>
/// The code of a migration is compiled when it is first run, which for a thousand of them takes longer than all else that a run does
/// that finds nothing to do. So that is begun beside the run, while it connects. It is the application's code and may share things
/// that are not meant for two threads: no other migration is made until all are through.
/// </remarks>
internal sealed class MigrationCode(IMigrationsAssembly assembly, IDatabaseProvider provider)
{
    private readonly Dictionary<string, string> _checksums = new(StringComparer.Ordinal);
    private Task _ahead = Task.CompletedTask;

    /// <summary>Begins with the checksums of all migrations, beside the run.</summary>
    public void Begin()
    {
#pragma warning disable EF1001
        // Another assembly may hand the context to its migrations, and the run is using that.
        var isPlain = assembly.GetType() == typeof(MigrationsAssembly);
#pragma warning restore EF1001
        // With one processor it would be nothing but early.
        if (isPlain && _ahead.IsCompleted && _checksums.Count == 0 && Environment.ProcessorCount > 1)
        {
            var migrations = assembly.Migrations;
            _ahead = Task.Run(() => MakeChecksums(migrations));
        }
    }

    /// <summary>A migration of the code, made anew.</summary>
    public Migration Make(TypeInfo type)
    {
        _ahead.GetAwaiter().GetResult();
        return assembly.CreateMigration(type, provider.Name);
    }

    /// <summary>The checksum of what a migration of the code does when applied.</summary>
    public string ChecksumOf(string id)
    {
        _ahead.GetAwaiter().GetResult();
        if (!_checksums.TryGetValue(id, out var checksum))
        {
            _checksums[id] = checksum = MigrationChecksum.Of(Make(assembly.Migrations[id]));
        }

        return checksum;
    }

    private void MakeChecksums(IReadOnlyDictionary<string, TypeInfo> migrations)
    {
        foreach (var (id, type) in migrations)
        {
            try
            {
                _checksums[id] = MigrationChecksum.Of(assembly.CreateMigration(type, provider.Name));
            }
            catch (Exception)
            {
                // Whoever asks for it runs the code again, and says what is wrong with it.
            }
        }
    }
}
