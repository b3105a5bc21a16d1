using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Data.Configurations;

/// <summary>The two timestamps that the database keeps, the same in every table that has them.</summary>
internal static class RowTimestamps
{
    internal static PropertyBuilder<DateTime> IsCreatedAt(this PropertyBuilder<DateTime> property) =>
        property.HasColumnName("createdAt").HasDefaultValueSql("now()");

    // set_updated_at() has the last word on every update, so EF Core reads the column back instead of writing it.
    internal static PropertyBuilder<DateTime> IsUpdatedAt(this PropertyBuilder<DateTime> property) =>
        property.HasColumnName("updatedAt").HasDefaultValueSql("now()").ValueGeneratedOnAddOrUpdate();
}
