using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

internal sealed class UserMetaConfiguration : IEntityTypeConfiguration<UserMeta>
{
    public void Configure(EntityTypeBuilder<UserMeta> builder)
    {
        builder.ToTable("users_metas", table => table.HasComment("Named values of a user, beyond the columns."));
        builder.HasKey(meta => meta.Id).HasName("users_metas_pkey");

        builder.Property(meta => meta.Id).HasColumnName("id").HasDefaultValueSql("(gen_random_uuid())::text");
        builder.Property(meta => meta.UserId).HasColumnName("userId");
        builder.Property(meta => meta.Key).HasColumnName("metaKey");
        builder
            .Property(meta => meta.Value)
            .HasColumnName("metaValue")
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'::jsonb");
        builder.Property(meta => meta.DataType).HasColumnName("dataType");
        builder
            .Property(meta => meta.IsPublic)
            .HasColumnName("isPublic")
            .HasDefaultValue(false)
            .HasComment("Whether anybody may read the row.");
        builder.Property(meta => meta.IsSearchable).HasColumnName("isSearchable").HasDefaultValue(false);
        builder.Property(meta => meta.CreatedAt).IsCreatedAt();
        builder.Property(meta => meta.UpdatedAt).IsUpdatedAt();

        builder
            .HasOne(meta => meta.User)
            .WithMany(user => user.Metas)
            .HasForeignKey(meta => meta.UserId)
            .HasConstraintName("users_metas_userId_fkey")
            .OnDelete(DeleteBehavior.Cascade);

        // One value or all values of a user: … WHERE "userId" = $1 [AND "metaKey" = $2]; also what deleting a user cascades by.
        builder.HasIndex(meta => new { meta.UserId, meta.Key }).IsUnique().HasDatabaseName("users_metas_unique_key");

        // A public profile: … WHERE "userId" = $1 AND "isPublic"; and the public half of what a member may read, which the
        // policy joins to the member's own rows in one bitmap.
        builder.HasIndex(meta => meta.UserId, "idx_users_metas_public").HasFilter("\"isPublic\"");

        // Searching people by a value: … WHERE "isSearchable" AND "metaKey" = $1 AND "metaValue" @> $2. The narrower operator
        // class serves containment, the only operator searches use; the filter spares every other row's writes.
        builder
            .HasIndex(meta => meta.Value, "idx_users_metas_search")
            .HasMethod("gin")
            .HasOperators("jsonb_path_ops")
            .HasFilter("\"isSearchable\"");

        // Listing a searchable key: … WHERE "isSearchable" AND "metaKey" = $1.
        builder.HasIndex(meta => meta.Key, "idx_users_metas_searchable_key").HasFilter("\"isSearchable\"");
    }
}
