using Microsoft.Extensions.Logging;

namespace MigrationSafety.Diagnostics;

/// <summary>What the rails say while they run.</summary>
internal static class MigrationSafetyLog
{
    public static void WaitingForRunner(this ILogger logger, string holder, string limit) =>
        logger.LogInformation(
            MigrationSafetyEventId.WaitingForRunner,
            "Another run migrates this database ({Holder}). Waiting for it, at most {Limit}.",
            holder,
            limit
        );

    public static void WaitingForLock(
        this ILogger logger,
        string migration,
        string timeout,
        int attempt,
        string blockers,
        string delay,
        string left
    ) =>
        logger.LogWarning(
            MigrationSafetyEventId.WaitingForLock,
            "{Migration} could not get a lock within {Timeout} (attempt {Attempt}). In the way: {Blockers}. "
                + "Its transaction was rolled back; trying again {Delay}, for {Left} more.",
            migration,
            timeout,
            attempt,
            blockers,
            delay,
            left
        );

    public static void StillWaitingForLock(
        this ILogger logger,
        string migration,
        string waited,
        string blockers,
        string left
    ) =>
        logger.LogWarning(
            MigrationSafetyEventId.WaitingForLock,
            "{Migration} still waits, for {Waited} now. In the way: {Blockers}. Nobody queues behind it meanwhile; it goes on when that is "
                + "over, and waits {Left} more at most.",
            migration,
            waited,
            blockers,
            left
        );

    public static void Hazards(this ILogger logger, string holds, string list) =>
        logger.LogWarning(
            MigrationSafetyEventId.Hazards,
            "{Holds}, and it runs all the same because of --allow-hazards (in code: HazardPolicy.Report):{List}",
            holds,
            list
        );

    public static void HazardsUnknown(this ILogger logger, string problem) =>
        logger.LogWarning(
            MigrationSafetyEventId.HazardsUnknown,
            "Hazards could not be looked for, the schema could not be read: {Problem}",
            problem
        );

    public static void WaitingToLook(this ILogger logger, string elapsed, string blockers, string left) =>
        logger.LogWarning(
            MigrationSafetyEventId.WaitingForLock,
            "Looking at the database before the run waits for a lock, for {Elapsed} so far. In the way: {Blockers}. Nobody waits for this "
                + "look; it goes on for {Left} more.",
            elapsed,
            blockers,
            left
        );

    public static void EmptyDown(this ILogger logger, string migration) =>
        logger.LogWarning(
            MigrationSafetyEventId.EmptyDown,
            "The Down of {Migration} is empty: what its Up made stays in the database, and applying it again will meet it.",
            migration
        );

    public static void SettingsPutBack(this ILogger logger, string migration, string settings) =>
        logger.LogInformation(
            MigrationSafetyEventId.SettingsPutBack,
            "{Migration} left {Settings} of the session changed; what comes after it runs with what was there before. SET LOCAL ends with the "
                + "transaction by itself.",
            migration,
            settings
        );

    public static void ConnectionLost(this ILogger logger, string reason, string left) =>
        logger.LogWarning(
            MigrationSafetyEventId.ConnectionLost,
            "The connection was lost: {Reason} Connecting again, for {Left} more.",
            reason,
            left
        );

    public static void ResumingMigration(this ILogger logger, string migration, int done, int count) =>
        logger.LogInformation(
            MigrationSafetyEventId.ResumingMigration,
            "{Migration} was left unfinished by an earlier attempt: {Done} of {Count} commands are committed. Going on with the next.",
            migration,
            done,
            count
        );

    public static void DroppingInvalidIndex(this ILogger logger, string index) =>
        logger.LogInformation(
            MigrationSafetyEventId.DroppingInvalidIndex,
            "The invalid index {Index}, left by an attempt that failed, is dropped.",
            index
        );

    public static void FinalizingDetach(this ILogger logger, string partition, string table) =>
        logger.LogInformation(
            MigrationSafetyEventId.FinalizingDetach,
            "The partition {Partition} was detached from {Table} in part by an attempt that was broken off; that is finished now.",
            partition,
            table
        );

    public static void StepAlreadyDone(this ILogger logger, string step) =>
        logger.LogInformation(
            MigrationSafetyEventId.StepAlreadyDone,
            "{Step} was done by an earlier attempt and is kept.",
            step
        );

    public static void MigrationDone(this ILogger logger, string migration, string duration) =>
        logger.LogDebug(MigrationSafetyEventId.MigrationDone, "{Migration}: done in {Duration}.", migration, duration);

    public static void Progress(this ILogger logger, string progress) =>
        logger.LogInformation(MigrationSafetyEventId.Progress, "{Progress}", progress);

    public static void DataLoss(this ILogger logger, string losses) =>
        logger.LogWarning(MigrationSafetyEventId.DataLoss, "Reverting deletes data, as was allowed:{Losses}", losses);

    public static void Canceling(this ILogger logger, string signal) =>
        logger.LogWarning(
            MigrationSafetyEventId.Canceling,
            "{Signal} arrived: the running statement is cancelled and its transaction rolled back.",
            signal
        );
}
