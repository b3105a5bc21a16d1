using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class AccountSecretConfiguration : IEntityTypeConfiguration<AccountSecret>
{
    public void Configure(EntityTypeBuilder<AccountSecret> builder)
    {
        builder.ToTable("account");
        builder.HasKey(secret => secret.AccountId).HasName("account_pkey");
        builder
            .HasOne<Account>()
            .WithOne(account => account.Secret)
            .HasForeignKey<AccountSecret>(secret => secret.AccountId);

        builder.Property(secret => secret.AccountId).HasColumnName("id");
        builder
            .Property(secret => secret.Password)
            .HasColumnName("password")
            .HasComment("Password hash; read by the service alone.");
        builder.Property(secret => secret.AccessToken).HasColumnName("accessToken");
        builder.Property(secret => secret.RefreshToken).HasColumnName("refreshToken");
        builder.Property(secret => secret.IdToken).HasColumnName("idToken");
    }
}
