using System.Text.Json;
using Data.Entities;

namespace Data.Tests;

/// <summary>Two members and a superadmin, each with rows in every table, and one pending verification.</summary>
public static class People
{
    public const string Anna = "anna";
    public const string Ben = "ben";
    public const string Root = "root";

    public static IReadOnlyList<string> All { get; } = [Anna, Ben, Root];

    public static async Task AddAsync(AppDbContext context, CancellationToken cancellationToken)
    {
        foreach (var id in All)
        {
            context.Add(NewUser(id, id == Root ? UserRole.Superadmin : UserRole.Member));
            context.Add(NewSession($"session-{id}", id));
            context.Add(NewAccount($"account-{id}", id));
            context.Add(NewMeta(id, "private", isPublic: false));
            context.Add(NewMeta(id, "public", isPublic: true));
            var key = NewApiKey($"key-{id}", id);
            context.Add(key);
            context.Add(NewAuditEntry(key.Id, id));
        }

        context.Add(NewVerification("verification-1"));
        await context.SaveChangesAsync(cancellationToken);
    }

    public static User NewUser(string id, UserRole role = UserRole.Member) =>
        new()
        {
            Id = id,
            Email = $"{id}@example.test",
            Name = id,
            Role = role,
        };

    public static Session NewSession(string id, string userId) =>
        new()
        {
            Id = id,
            UserId = userId,
            ExpiresAt = DateTime.UtcNow.AddDays(1),
            Secret = new SessionSecret { Token = $"token-{id}" },
        };

    public static Account NewAccount(string id, string userId) =>
        new()
        {
            Id = id,
            UserId = userId,
            AccountId = id,
            ProviderId = "credential",
            Secret = new AccountSecret { Password = $"hash-{id}" },
        };

    public static UserMeta NewMeta(string userId, string key, bool isPublic) =>
        new()
        {
            UserId = userId,
            Key = key,
            Value = JsonSerializer.SerializeToElement(new { of = userId }),
            IsPublic = isPublic,
        };

    public static ApiKey NewApiKey(string id, string userId) =>
        new()
        {
            Id = id,
            UserId = userId,
            Name = "key",
            KeyPrefix = $"prefix-{userId}",
            Secret = new ApiKeySecret { KeyHash = $"hash-{id}" },
        };

    public static ApiAuditLogEntry NewAuditEntry(string apiKeyId, string userId) =>
        new()
        {
            ApiKeyId = apiKeyId,
            UserId = userId,
            Endpoint = "/v1/things",
            Method = "GET",
            StatusCode = 200,
        };

    public static Verification NewVerification(string id) =>
        new()
        {
            Id = id,
            Identifier = "reset-password:anna@example.test",
            Value = "secret",
            ExpiresAt = DateTime.UtcNow.AddHours(1),
        };
}
