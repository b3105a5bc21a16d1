namespace Data.Entities;

/// <summary>
/// What proves an <see cref="ApiKey"/>: the column of <c>api_key</c> that API roles may not read. A type of its own, so that
/// reading keys as a member never asks for it.
/// </summary>
public sealed class ApiKeySecret
{
    /// <summary>Key of the API key it belongs to.</summary>
    public string ApiKeyId { get; set; } = null!;

    /// <summary>SHA-256 of the key; unique.</summary>
    public required string KeyHash { get; set; }
}
