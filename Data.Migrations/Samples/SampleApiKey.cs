using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Data.Entities;
using Microsoft.EntityFrameworkCore;

namespace Data.Migrations.Samples;

/// <summary>An API key whose secret is random and known only to who sees it printed.</summary>
/// <param name="Email">Whose key it is.</param>
/// <param name="Secret">What is printed, once.</param>
internal sealed record SampleApiKey(string Email, string Secret)
{
    /// <summary>What its owner calls it; one a user.</summary>
    internal const string Name = "Sample key";

    /// <summary>Makes a key and stores its prefix and hash.</summary>
    internal static async Task<SampleApiKey> AddAsync(
        AppDbContext context,
        User owner,
        CancellationToken cancellationToken
    )
    {
        // 256 random bits: a known key in production would be a breach, a random one is nobody's.
        var secret = "sk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        // In SQL, because reading the enum back needs a mapping that a connection named late (--connection) does not have.
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO api_key ("keyHash", "keyPrefix", name, "userId", scopes)
            VALUES ({hash}, {secret[..16]}, {Name}, {owner.Id}, ARRAY['read'])
            """,
            cancellationToken
        );
        return new SampleApiKey(owner.Email, secret);
    }
}
