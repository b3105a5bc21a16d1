namespace Data.Entities;

/// <summary>A pending proof: an e-mail confirmation, a password reset. Table <c>verification</c>; the service's alone.</summary>
public sealed class Verification
{
    /// <summary>Primary key.</summary>
    public required string Id { get; set; }

    /// <summary>What is being proven.</summary>
    public required string Identifier { get; set; }

    /// <summary>The secret that proves it.</summary>
    public required string Value { get; set; }

    /// <summary>When the proof ends (UTC).</summary>
    public DateTime ExpiresAt { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }
}
