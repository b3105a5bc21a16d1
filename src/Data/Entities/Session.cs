namespace Data.Entities;

/// <summary>A signed-in browser or device. Table <c>session</c>.</summary>
public sealed class Session
{
    /// <summary>Primary key.</summary>
    public required string Id { get; set; }

    /// <summary>When the session ends (UTC).</summary>
    public DateTime ExpiresAt { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Address the session was opened from.</summary>
    public string? IpAddress { get; set; }

    /// <summary>Browser or device the session was opened with.</summary>
    public string? UserAgent { get; set; }

    /// <summary>Whose session it is.</summary>
    public required string UserId { get; set; }

    /// <summary>Whose session it is.</summary>
    public User? User { get; set; }

    /// <summary>What proves the session. Loaded only where asked for, by the service.</summary>
    public SessionSecret? Secret { get; set; }
}
