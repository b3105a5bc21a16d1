using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class VerificationConfiguration : IEntityTypeConfiguration<Verification>
{
    public void Configure(EntityTypeBuilder<Verification> builder)
    {
        builder.ToTable("verification", table => table.HasComment("Pending proofs; the service's alone."));
        builder.HasKey(verification => verification.Id).HasName("verification_pkey");

        builder.Property(verification => verification.Id).HasColumnName("id");
        builder.Property(verification => verification.Identifier).HasColumnName("identifier");
        builder.Property(verification => verification.Value).HasColumnName("value");
        builder.Property(verification => verification.ExpiresAt).HasColumnName("expiresAt");
        builder.Property(verification => verification.CreatedAt).IsCreatedAt();
        builder.Property(verification => verification.UpdatedAt).IsUpdatedAt();

        // Checking a proof: … WHERE identifier = $1 ORDER BY "createdAt" DESC LIMIT 1.
        builder.HasIndex(verification => verification.Identifier).HasDatabaseName("idx_verification_identifier");

        // Clearing up after each check: DELETE … WHERE "expiresAt" < $1.
        builder.HasIndex(verification => verification.ExpiresAt).HasDatabaseName("idx_verification_expiresAt");
    }
}
