namespace MigrationSafety;

/// <summary>
/// Something kept migrations from running, or from running to the end. The message says what happened, what state the database is in
/// and what to do; it holds no password and no key.
/// </summary>
public abstract class MigrationSafetyException : Exception
{
    private protected MigrationSafetyException(Failure failure, Exception? innerException)
        : base(failure.ToString(), innerException) => Failure = failure;

    /// <summary>What happened, as parts.</summary>
    public Failure Failure { get; }

    /// <summary>A short name that does not change between versions, such as <c>DatabaseDoesNotExist</c>.</summary>
    public string Id => Failure.Id;
}

/// <summary>The run was refused before it changed anything.</summary>
public sealed class MigrationRefusedException : MigrationSafetyException
{
    /// <summary>Makes the exception of its parts.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="innerException">What it was found by, or null.</param>
    public MigrationRefusedException(Failure failure, Exception? innerException = null)
        : base(failure, innerException) { }
}

/// <summary>The run could not start, or ended half-way.</summary>
public sealed class MigrationFailedException : MigrationSafetyException
{
    /// <summary>Makes the exception of its parts.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="innerException">The cause, or null.</param>
    public MigrationFailedException(Failure failure, Exception? innerException = null)
        : base(failure, innerException) { }
}
