using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class ApiAuditLogEntryConfiguration : IEntityTypeConfiguration<ApiAuditLogEntry>
{
    public void Configure(EntityTypeBuilder<ApiAuditLogEntry> builder)
    {
        builder.ToTable("api_audit_log", table => table.HasComment("Calls made with API keys; only ever appended to."));
        builder.HasKey(entry => entry.Id).HasName("api_audit_log_pkey");

        builder.Property(entry => entry.Id).HasColumnName("id").HasDefaultValueSql("(gen_random_uuid())::text");
        builder.Property(entry => entry.ApiKeyId).HasColumnName("apiKeyId");
        builder.Property(entry => entry.UserId).HasColumnName("userId");
        builder.Property(entry => entry.Endpoint).HasColumnName("endpoint");
        builder.Property(entry => entry.Method).HasColumnName("method");
        builder.Property(entry => entry.StatusCode).HasColumnName("statusCode");
        builder.Property(entry => entry.IpAddress).HasColumnName("ipAddress");
        builder.Property(entry => entry.UserAgent).HasColumnName("userAgent");
        builder.Property(entry => entry.RequestBody).HasColumnName("requestBody").HasColumnType("jsonb");
        builder
            .Property(entry => entry.ResponseTime)
            .HasColumnName("responseTime")
            .HasComment("Time to the answer, in milliseconds.");
        builder.Property(entry => entry.CreatedAt).IsCreatedAt();

        builder
            .HasOne(entry => entry.ApiKey)
            .WithMany()
            .HasForeignKey(entry => entry.ApiKeyId)
            .HasConstraintName("api_audit_log_apiKeyId_fkey")
            .OnDelete(DeleteBehavior.Cascade);
        builder
            .HasOne(entry => entry.User)
            .WithMany()
            .HasForeignKey(entry => entry.UserId)
            .HasConstraintName("api_audit_log_userId_fkey")
            .OnDelete(DeleteBehavior.Cascade);

        // A key's latest calls: … WHERE "apiKeyId" = $1 ORDER BY "createdAt" DESC; also what deleting a key cascades by.
        builder
            .HasIndex(entry => new { entry.ApiKeyId, entry.CreatedAt })
            .HasDatabaseName("idx_api_audit_log_apiKeyId_createdAt");

        // A user's latest calls: … WHERE "userId" = $1 ORDER BY "createdAt" DESC; also what deleting a user cascades by.
        builder
            .HasIndex(entry => new { entry.UserId, entry.CreatedAt })
            .HasDatabaseName("idx_api_audit_log_userId_createdAt");

        // The latest calls of all, and the retention job: … WHERE "createdAt" < $1.
        builder.HasIndex(entry => entry.CreatedAt).HasDatabaseName("idx_api_audit_log_createdAt");
    }
}
