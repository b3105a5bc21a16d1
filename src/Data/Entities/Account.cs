namespace Data.Entities;

/// <summary>One way a user can sign in: a password or an identity provider. Table <c>account</c>.</summary>
public sealed class Account
{
    /// <summary>Primary key.</summary>
    public required string Id { get; set; }

    /// <summary>The user's identifier at the provider; unique together with <see cref="ProviderId"/>.</summary>
    public required string AccountId { get; set; }

    /// <summary>The provider, for example <c>credential</c> or <c>google</c>.</summary>
    public required string ProviderId { get; set; }

    /// <summary>Whose account it is.</summary>
    public required string UserId { get; set; }

    /// <summary>When the access token ends (UTC).</summary>
    public DateTime? AccessTokenExpiresAt { get; set; }

    /// <summary>When the refresh token ends (UTC).</summary>
    public DateTime? RefreshTokenExpiresAt { get; set; }

    /// <summary>What the provider was asked for.</summary>
    public string? Scope { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Whose account it is.</summary>
    public User? User { get; set; }

    /// <summary>Password hash and provider tokens. Loaded only where asked for, by the service.</summary>
    public AccountSecret? Secret { get; set; }
}
