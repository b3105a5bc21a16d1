using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class ApiKeyConfiguration : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.ToTable("api_key", table => table.HasComment("Keys that users call the API with."));
        builder.HasKey(key => key.Id).HasName("api_key_pkey");

        builder.Property(key => key.Id).HasColumnName("id").HasDefaultValueSql("(gen_random_uuid())::text");
        builder
            .Property(key => key.KeyPrefix)
            .HasColumnName("keyPrefix")
            .HasComment("First 16 characters of the key, to look it up by.");
        builder.Property(key => key.Name).HasColumnName("name");
        builder.Property(key => key.UserId).HasColumnName("userId");
        builder.Property(key => key.LastUsedAt).HasColumnName("lastUsedAt");
        builder.Property(key => key.ExpiresAt).HasColumnName("expiresAt");
        builder.Property(key => key.Status).HasColumnName("status").HasDefaultValue(ApiKeyStatus.Active);
        builder
            .Property(key => key.Scopes)
            .HasColumnName("scopes")
            .HasDefaultValueSql("'{}'::text[]")
            .HasComment("Decided by the service alone.");
        builder
            .Property(key => key.FailedAttempts)
            .HasColumnName("failedAttempts")
            .HasDefaultValue(0)
            .HasComment("Decided by the service alone.");
        builder
            .Property(key => key.LockedUntil)
            .HasColumnName("lockedUntil")
            .HasComment("Decided by the service alone.");
        builder.Property(key => key.IpWhitelist).HasColumnName("ipWhitelist");
        builder.Property(key => key.LastUsedIp).HasColumnName("lastUsedIp");
        builder.Property(key => key.CreatedAt).IsCreatedAt();
        builder.Property(key => key.UpdatedAt).IsUpdatedAt();

        builder
            .HasOne(key => key.User)
            .WithMany(user => user.ApiKeys)
            .HasForeignKey(key => key.UserId)
            .HasConstraintName("api_key_userId_fkey")
            .OnDelete(DeleteBehavior.Cascade);

        // Every row has one: without this the shared columns would be nullable.
        builder.Navigation(key => key.Secret).IsRequired();

        // Each call with a key: … WHERE "keyPrefix" = $1, before its hash is compared.
        builder.HasIndex(key => key.KeyPrefix).HasDatabaseName("idx_api_key_keyPrefix");

        // "My keys": … WHERE "userId" = $1; also what deleting a user cascades by.
        builder.HasIndex(key => key.UserId).HasDatabaseName("idx_api_key_userId");

        // The job that expires keys: UPDATE … WHERE status = 'active' AND "expiresAt" < now().
        builder
            .HasIndex(key => key.ExpiresAt)
            .HasDatabaseName("idx_api_key_expiresAt")
            .HasFilter("status = 'active'::api_key_status");
    }
}
