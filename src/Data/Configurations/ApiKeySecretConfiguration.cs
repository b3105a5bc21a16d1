using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class ApiKeySecretConfiguration : IEntityTypeConfiguration<ApiKeySecret>
{
    public void Configure(EntityTypeBuilder<ApiKeySecret> builder)
    {
        builder.ToTable("api_key");
        builder.HasKey(secret => secret.ApiKeyId).HasName("api_key_pkey");
        builder.HasOne<ApiKey>().WithOne(key => key.Secret).HasForeignKey<ApiKeySecret>(secret => secret.ApiKeyId);

        builder.Property(secret => secret.ApiKeyId).HasColumnName("id").HasDefaultValueSql("(gen_random_uuid())::text");
        builder
            .Property(secret => secret.KeyHash)
            .HasColumnName("keyHash")
            .HasComment("SHA-256 of the key; read by the service alone.");

        // Each call with a key: … WHERE "keyHash" = $1.
        builder.HasIndex(secret => secret.KeyHash).IsUnique().HasDatabaseName("api_key_keyHash_key");
    }
}
