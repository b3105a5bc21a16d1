using Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Data.Configurations;

internal sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> builder)
    {
        builder.ToTable(
            "users",
            table =>
            {
                table.HasComment("People who can sign in.");
                table.HasCheckConstraint(
                    "check_users_role",
                    "role = ANY (ARRAY['member'::text, 'superadmin'::text, 'developer'::text])"
                );
            }
        );
        builder.HasKey(user => user.Id).HasName("users_pkey");

        builder.Property(user => user.Id).HasColumnName("id");
        builder.Property(user => user.Email).HasColumnName("email");
        builder
            .Property(user => user.EmailVerified)
            .HasColumnName("emailVerified")
            .HasDefaultValue(false)
            .HasComment("Decided by the service alone.");
        builder
            .Property(user => user.Name)
            .HasColumnName("name")
            .HasComment("First and last name where either is given, else as written.");
        builder.Property(user => user.FirstName).HasColumnName("firstName");
        builder.Property(user => user.LastName).HasColumnName("lastName");
        builder.Property(user => user.Image).HasColumnName("image");
        builder.Property(user => user.Country).HasColumnName("country");
        builder.Property(user => user.Timezone).HasColumnName("timezone");
        builder.Property(user => user.Language).HasColumnName("language").HasDefaultValue("en");
        builder
            .Property(user => user.Role)
            .HasColumnName("role")
            .HasConversion(new ValueConverter<UserRole, string>(role => ToText(role), text => FromText(text)))
            .HasDefaultValue(UserRole.Member)
            .HasComment("Decided by the service alone.");
        builder.Property(user => user.CreatedAt).IsCreatedAt();
        builder.Property(user => user.UpdatedAt).IsUpdatedAt();

        // Sign-in and sign-up: SELECT … FROM users WHERE email = $1.
        builder.HasIndex(user => user.Email).IsUnique().HasDatabaseName("users_email_key");
    }

    private static string ToText(UserRole role) =>
        role switch
        {
            UserRole.Member => "member",
            UserRole.Superadmin => "superadmin",
            UserRole.Developer => "developer",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Not a role of check_users_role."),
        };

    private static UserRole FromText(string text) =>
        text switch
        {
            "member" => UserRole.Member,
            "superadmin" => UserRole.Superadmin,
            "developer" => UserRole.Developer,
            _ => throw new ArgumentOutOfRangeException(nameof(text), text, "Not a role of check_users_role."),
        };
}
