using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Execution;

namespace MigrationSafety.Journal;

/// <summary>How far a migration of several transactions came.</summary>
/// <param name="MigrationId">The migration.</param>
/// <param name="Direction">Applied or reverted.</param>
/// <param name="Committed">How many of its commands are committed.</param>
/// <param name="Hash">The hash of the text of those commands.</param>
/// <param name="Count">How many commands it had then.</param>
internal sealed record UnfinishedMigration(
    string MigrationId,
    MigrationDirection Direction,
    int Committed,
    string Hash,
    int Count
)
{
    /// <summary>The hash of the first commands' text, line endings apart: a checkout on Windows must not look like an edit.</summary>
    public static string HashOf(IEnumerable<MigrationCommand> commands)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var command in commands)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(command.CommandText.ReplaceLineEndings("\n").Trim()));
            hash.AppendData([0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
