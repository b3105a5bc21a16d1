using System.Security.Cryptography;
using System.Text;
using MigrationSafety.Execution;
using MigrationSafety.Statements;

namespace MigrationSafety.Plan;

/// <summary>What a run would do, as it is shown and as its digest is made of it.</summary>
/// <param name="Database">The database, without any secret.</param>
/// <param name="Digest">Names exactly this plan: the applied migrations and every statement to come, in order.</param>
/// <param name="Applied">How many migrations are applied.</param>
/// <param name="Migrations">What would be reverted or applied, in order.</param>
/// <param name="Limits">How long the run would wait for what.</param>
/// <param name="Refused">Why it would be refused, or null.</param>
/// <param name="AllowedBy">The argument with which it would not be refused for that; null where there is none.</param>
/// <param name="Hazards">What is dangerous in it, accepted or not.</param>
internal sealed record RunPlan(
    string Database,
    string Digest,
    int Applied,
    IReadOnlyList<RunPlanMigration> Migrations,
    RunPlanLimits Limits,
    string? Refused,
    string? AllowedBy,
    IReadOnlyList<RunPlanHazard> Hazards
);

/// <summary>A hazard in a plan.</summary>
/// <param name="Migration">The migration's id.</param>
/// <param name="Direction">Up or Down.</param>
/// <param name="Hazard">The hazard's id.</param>
/// <param name="Object">The table or other object, or null.</param>
/// <param name="What">What would happen.</param>
/// <param name="Accepted">The reason by which the migration accepts it, or null.</param>
/// <param name="Refuses">Whether the run is refused because of it.</param>
internal sealed record RunPlanHazard(
    string? Migration,
    string? Direction,
    string Hazard,
    string? Object,
    string What,
    string? Accepted,
    bool Refuses
);

/// <summary>One migration of a plan.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Direction">Up or Down.</param>
/// <param name="ResumesAt">The number of the command at which it goes on, from 0; more than 0 after an interrupted run.</param>
/// <param name="Transactions">Its steps, in order.</param>
internal sealed record RunPlanMigration(
    string Id,
    string Direction,
    int ResumesAt,
    IReadOnlyList<RunPlanTransaction> Transactions
);

/// <summary>What is committed together.</summary>
/// <param name="InTransaction">False for what PostgreSQL refuses inside a transaction block.</param>
/// <param name="Statements">Its statements.</param>
internal sealed record RunPlanTransaction(bool InTransaction, IReadOnlyList<RunPlanStatement> Statements);

/// <summary>One statement.</summary>
/// <param name="Sql">Its text.</param>
/// <param name="Lock">The lock that it takes on what it is about; null where there is none, or nothing there yet.</param>
/// <param name="Relation">On what, or null.</param>
/// <param name="Rows">PostgreSQL's estimate of the rows in it; null when it does not exist yet.</param>
/// <param name="Bytes">Its size with indexes, in bytes; null when it does not exist yet.</param>
/// <param name="Rewrites">Whether it is written anew, and takes its size on the disk once more meanwhile.</param>
/// <param name="Note">What was done to the operation that it comes from, to keep it online, or why nothing was; or null.</param>
/// <param name="FurtherLocks">Those that it takes besides, on other relations.</param>
internal sealed record RunPlanStatement(
    string Sql,
    string? Lock,
    string? Relation,
    long? Rows,
    long? Bytes,
    bool Rewrites,
    string? Note,
    IReadOnlyList<RunPlanLock> FurtherLocks
);

/// <summary>A lock that a statement takes.</summary>
/// <param name="Lock">PostgreSQL's name of it.</param>
/// <param name="Relation">On what.</param>
/// <param name="Rows">PostgreSQL's estimate of the rows in it.</param>
/// <param name="Bytes">Its size with indexes, in bytes.</param>
internal sealed record RunPlanLock(string Lock, string Relation, long Rows, long Bytes);

/// <summary>How long the run would wait for what; milliseconds.</summary>
internal sealed record RunPlanLimits(
    long FirstLockTimeout,
    long LockTimeout,
    long LockWait,
    long StatementTimeout,
    long NonTransactionalTimeout,
    long RunnerWait
);

/// <summary>The digest of a plan.</summary>
internal static class PlanDigest
{
    public static string Of(MigrationPlan plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var id in plan.Applied)
        {
            Add("applied " + id);
        }

        foreach (var step in plan.Steps)
        {
            Add($"{step.Direction} {step.Id}");
            foreach (var command in step.Commands)
            {
                Add(
                    (command.TransactionSuppressed ? "suppressed " : "")
                        + command.CommandText.ReplaceLineEndings("\n").Trim()
                );
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];

        void Add(string text)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }
    }
}
