namespace Data.Entities;

/// <summary>A key a user calls the API with. Table <c>api_key</c>.</summary>
public sealed class ApiKey
{
    /// <summary>Primary key; made by the database.</summary>
    public string Id { get; set; } = null!;

    /// <summary>The first 16 characters of the key, to look it up by.</summary>
    public required string KeyPrefix { get; set; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; set; }

    /// <summary>Whose key it is.</summary>
    public required string UserId { get; set; }

    /// <summary>When it was last used (UTC).</summary>
    public DateTime? LastUsedAt { get; set; }

    /// <summary>When it ends (UTC); null for never.</summary>
    public DateTime? ExpiresAt { get; set; }

    /// <summary>Whether it may be used; <see cref="ApiKeyStatus.Active"/> where none was given.</summary>
    public ApiKeyStatus? Status { get; set; }

    /// <summary>What it may be used for. Only the service decides.</summary>
    public string[]? Scopes { get; set; }

    /// <summary>Failed uses since the last good one. Only the service decides.</summary>
    public int? FailedAttempts { get; set; }

    /// <summary>Until when it is locked out (UTC). Only the service decides.</summary>
    public DateTime? LockedUntil { get; set; }

    /// <summary>Addresses it may be used from; null for any.</summary>
    public string[]? IpWhitelist { get; set; }

    /// <summary>Address it was last used from.</summary>
    public string? LastUsedIp { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Whose key it is.</summary>
    public User? User { get; set; }

    /// <summary>What proves the key. Loaded only where asked for, by the service.</summary>
    public ApiKeySecret? Secret { get; set; }
}
