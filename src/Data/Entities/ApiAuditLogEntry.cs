using System.Text.Json;

namespace Data.Entities;

/// <summary>One call made with an API key. Table <c>api_audit_log</c>; only ever appended to.</summary>
public sealed class ApiAuditLogEntry
{
    /// <summary>Primary key; made by the database.</summary>
    public string Id { get; set; } = null!;

    /// <summary>The key that was used.</summary>
    public required string ApiKeyId { get; set; }

    /// <summary>The key's owner.</summary>
    public required string UserId { get; set; }

    /// <summary>What was called.</summary>
    public required string Endpoint { get; set; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; set; }

    /// <summary>HTTP status that was answered.</summary>
    public int StatusCode { get; set; }

    /// <summary>Address the call came from.</summary>
    public string? IpAddress { get; set; }

    /// <summary>Program the call came from.</summary>
    public string? UserAgent { get; set; }

    /// <summary>What was sent, where it is kept.</summary>
    public JsonElement? RequestBody { get; set; }

    /// <summary>Time to the answer, in milliseconds.</summary>
    public int? ResponseTime { get; set; }

    /// <summary>When the call was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>The key that was used.</summary>
    public ApiKey? ApiKey { get; set; }

    /// <summary>The key's owner.</summary>
    public User? User { get; set; }
}
