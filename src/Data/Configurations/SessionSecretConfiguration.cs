using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class SessionSecretConfiguration : IEntityTypeConfiguration<SessionSecret>
{
    public void Configure(EntityTypeBuilder<SessionSecret> builder)
    {
        builder.ToTable("session");
        builder.HasKey(secret => secret.SessionId).HasName("session_pkey");
        builder
            .HasOne<Session>()
            .WithOne(session => session.Secret)
            .HasForeignKey<SessionSecret>(secret => secret.SessionId);

        builder.Property(secret => secret.SessionId).HasColumnName("id");
        builder
            .Property(secret => secret.Token)
            .HasColumnName("token")
            .HasComment("Bearer token; read by the service alone.");

        // Every request: SELECT … FROM session WHERE token = $1.
        builder.HasIndex(secret => secret.Token).IsUnique().HasDatabaseName("session_token_key");
    }
}
