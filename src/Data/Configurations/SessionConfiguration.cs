using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class SessionConfiguration : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> builder)
    {
        builder.ToTable("session", table => table.HasComment("Signed-in browsers and devices."));
        builder.HasKey(session => session.Id).HasName("session_pkey");

        builder.Property(session => session.Id).HasColumnName("id");
        builder.Property(session => session.ExpiresAt).HasColumnName("expiresAt");
        builder.Property(session => session.CreatedAt).IsCreatedAt();
        builder.Property(session => session.UpdatedAt).IsUpdatedAt();
        builder.Property(session => session.IpAddress).HasColumnName("ipAddress");
        builder.Property(session => session.UserAgent).HasColumnName("userAgent");
        builder.Property(session => session.UserId).HasColumnName("userId");

        builder
            .HasOne(session => session.User)
            .WithMany(user => user.Sessions)
            .HasForeignKey(session => session.UserId)
            .HasConstraintName("session_userId_fkey")
            .OnDelete(DeleteBehavior.Cascade);

        // Every row has one: without this the shared columns would be nullable.
        builder.Navigation(session => session.Secret).IsRequired();

        // "Where am I signed in" and "sign me out everywhere": … WHERE "userId" = $1; also what deleting a user cascades by.
        builder.HasIndex(session => session.UserId).HasDatabaseName("idx_session_userId");
    }
}
