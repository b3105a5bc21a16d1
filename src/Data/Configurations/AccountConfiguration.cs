using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class AccountConfiguration : IEntityTypeConfiguration<Account>
{
    public void Configure(EntityTypeBuilder<Account> builder)
    {
        builder.ToTable("account", table => table.HasComment("Ways a user can sign in."));
        builder.HasKey(account => account.Id).HasName("account_pkey");

        builder.Property(account => account.Id).HasColumnName("id");
        builder.Property(account => account.AccountId).HasColumnName("accountId");
        builder.Property(account => account.ProviderId).HasColumnName("providerId");
        builder.Property(account => account.UserId).HasColumnName("userId");
        builder.Property(account => account.AccessTokenExpiresAt).HasColumnName("accessTokenExpiresAt");
        builder.Property(account => account.RefreshTokenExpiresAt).HasColumnName("refreshTokenExpiresAt");
        builder.Property(account => account.Scope).HasColumnName("scope");
        builder.Property(account => account.CreatedAt).IsCreatedAt();
        builder.Property(account => account.UpdatedAt).IsUpdatedAt();

        builder
            .HasOne(account => account.User)
            .WithMany(user => user.Accounts)
            .HasForeignKey(account => account.UserId)
            .HasConstraintName("account_userId_fkey")
            .OnDelete(DeleteBehavior.Cascade);

        // Every row has one, though each of its columns may be null.
        builder.Navigation(account => account.Secret).IsRequired();

        // Signing in through a provider: … WHERE "providerId" = $1 AND "accountId" = $2.
        builder
            .HasIndex(account => new { account.ProviderId, account.AccountId })
            .IsUnique()
            .HasDatabaseName("account_providerId_accountId_key");

        // Signing in by password reads a user's accounts: … WHERE "userId" = $1; also what deleting a user cascades by.
        builder.HasIndex(account => account.UserId).HasDatabaseName("idx_account_userId");
    }
}
