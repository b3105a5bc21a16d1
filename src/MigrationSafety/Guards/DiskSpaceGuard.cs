using System.Text;
using MigrationSafety.Arguments;
using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Plan;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>
/// A table that is written anew is on the disk twice until its transaction commits, and its copy goes through the WAL. A server whose
/// disk runs full stops.
/// </summary>
/// <remarks>
/// PostgreSQL has no function for free disk space, and running programs on the server for it is nothing a migration should do. So whoever
/// runs the migrations says how much is free; without that nothing is compared.
/// </remarks>
internal sealed class DiskSpaceGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        if (context.Options.FreeDisk is not { } free || context.Plan.Steps.Count == 0)
        {
            return null;
        }

        var walLimit = await context
            .Session.ScalarAsync<long>("SELECT pg_size_bytes(current_setting('max_wal_size'))")
            .ConfigureAwait(false);
        var (most, lines) = (0L, "");
        foreach (var step in context.Plan.Steps)
        {
            for (var (start, end) = (0, 0); start < step.Commands.Count; start = end)
            {
                end = MigrationExecutor.EndOfStep(step.Commands, start);
                var (needed, text) = await NeededAsync(
                        context,
                        step.Id,
                        Enumerable.Range(start, end - start).SelectMany(step.StatementsOf),
                        walLimit
                    )
                    .ConfigureAwait(false);
                (most, lines) = needed > most ? (needed, text) : (most, lines);
            }
        }

        return most <= free
            ? null
            : new Failure(
                "DiskSpace",
                $"This run needs about {DiskSize.Text(most)} of disk more than {context.Database} takes now, and {DiskSize.Text(free)} are "
                    + $"free (--free-disk). A server whose disk is full stops for everyone.{lines}",
                null,
                "make room on the disk of the server's data, then run again with what is free then: -- --free-disk "
                    + $"{DiskSize.Text(most).Replace(" ", "", StringComparison.Ordinal)}. "
                    + "Or take the rewrite apart: a new column, filled in batches, takes the old one's place."
            );
    }

    private static async ValueTask<(long Bytes, string Lines)> NeededAsync(
        MigrationGuardContext context,
        string migration,
        IEnumerable<SqlStatement> statements,
        long walLimit
    )
    {
        var (bytes, lines) = (0L, new StringBuilder());
        foreach (var statement in statements)
        {
            if (
                StatementLock.Of(statement) is not { } taken
                || !await TableRewrite.IsOneAsync(context.Session, statement).ConfigureAwait(false)
                || await RelationSize.ReadAsync(context.Session, taken.Relation).ConfigureAwait(false) is not { } size
            )
            {
                continue;
            }

            var copy = statement.Tokens[0] == "REINDEX" ? size.IndexBytes : size.Bytes;
            var wal = Math.Min(copy, walLimit);
            bytes += copy + wal;
            lines.Append(
                $"\n  {migration}: {Secrets.Masked(Shortened(statement.Text))}\n"
                    + $"    writes {taken.Relation} anew: {DiskSize.Text(copy)}, and up to {DiskSize.Text(wal)} of WAL"
            );
        }

        return (bytes, lines.ToString());
    }

    private static string Shortened(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 120 ? line[..119] + "…" : line;
    }
}
