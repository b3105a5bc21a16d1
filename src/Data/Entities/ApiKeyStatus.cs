namespace Data.Entities;

/// <summary>Whether an API key may be used. PostgreSQL enum <c>api_key_status</c>.</summary>
public enum ApiKeyStatus
{
    /// <summary>May be used.</summary>
    Active,

    /// <summary>Switched off.</summary>
    Inactive,

    /// <summary>Past its time.</summary>
    Expired,
}
