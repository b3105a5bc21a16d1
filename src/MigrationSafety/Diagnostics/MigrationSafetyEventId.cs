using Microsoft.Extensions.Logging;

namespace MigrationSafety;

/// <summary>The ids of what the rails log, in category <c>Microsoft.EntityFrameworkCore.Migrations</c>. The numbers never change.</summary>
public static class MigrationSafetyEventId
{
    private const int First = 51_000;

    /// <summary>Another run holds the right to migrate; this one waits.</summary>
    public static readonly EventId WaitingForRunner = Make(1, nameof(WaitingForRunner));

    /// <summary>Another session holds a lock that a migration needs; the transaction is rolled back and tried again.</summary>
    public static readonly EventId WaitingForLock = Make(2, nameof(WaitingForLock));

    /// <summary>The connection was lost; the run connects again and resumes.</summary>
    public static readonly EventId ConnectionLost = Make(3, nameof(ConnectionLost));

    /// <summary>A migration that an earlier run left unfinished goes on.</summary>
    public static readonly EventId ResumingMigration = Make(4, nameof(ResumingMigration));

    /// <summary>An invalid index, left by an earlier attempt, is dropped.</summary>
    public static readonly EventId DroppingInvalidIndex = Make(5, nameof(DroppingInvalidIndex));

    /// <summary>A step has nothing to do, because an earlier attempt had done it.</summary>
    public static readonly EventId StepAlreadyDone = Make(6, nameof(StepAlreadyDone));

    /// <summary>A migration was applied or reverted.</summary>
    public static readonly EventId MigrationDone = Make(7, nameof(MigrationDone));

    /// <summary>A long step's progress.</summary>
    public static readonly EventId Progress = Make(8, nameof(Progress));

    /// <summary>Ctrl-C or SIGTERM arrived; the run ends in order.</summary>
    public static readonly EventId Canceling = Make(9, nameof(Canceling));

    /// <summary>What a run would do.</summary>
    public static readonly EventId Plan = Make(10, nameof(Plan));

    /// <summary>Data that is about to be deleted, because that was allowed.</summary>
    public static readonly EventId DataLoss = Make(11, nameof(DataLoss));

    /// <summary>A partition that an earlier attempt detached in part is detached to the end.</summary>
    public static readonly EventId FinalizingDetach = Make(12, nameof(FinalizingDetach));

    /// <summary>A migration is reverted whose Down is empty, so that what its Up made stays.</summary>
    public static readonly EventId EmptyDown = Make(13, nameof(EmptyDown));

    /// <summary>A migration left settings of the session changed, and they were put back.</summary>
    public static readonly EventId SettingsPutBack = Make(14, nameof(SettingsPutBack));

    /// <summary>Hazards that nobody has accepted, in what runs all the same.</summary>
    public static readonly EventId Hazards = Make(15, nameof(Hazards));

    /// <summary>Hazards could not be looked for.</summary>
    public static readonly EventId HazardsUnknown = Make(16, nameof(HazardsUnknown));

    private static EventId Make(int number, string name) => new(First + number, name);
}
