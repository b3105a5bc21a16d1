namespace LocalPostgres;

/// <summary>PostgreSQL's three ways to shut down, by the names <c>pg_ctl stop --mode</c> gives them.</summary>
public enum StopMode
{
    /// <summary>Lets every session end by itself.</summary>
    Smart,

    /// <summary>Ends every session, rolls back what is open, writes a checkpoint.</summary>
    Fast,

    /// <summary>Stops at once, as a crash does: the next start recovers from the write-ahead log.</summary>
    Immediate,
}
