using System.Text.Json;
using Data.Entities;

namespace Data.Migrations.Samples;

/// <summary>Who the sample users are. Nobody can sign in as one: they have no password and no mail reaches them.</summary>
internal static class SamplePeople
{
    /// <summary>What the id of every sample user starts with.</summary>
    internal const string IdPrefix = "sample-user-";

    /// <summary>What the address of every sample user ends with; the top-level domain .example is never anybody's.</summary>
    internal const string EmailSuffix = "@sample.example";

    internal static IEnumerable<User> Users() =>
        [
            NewUser("member", "Mira", "Keller", UserRole.Member, "CH", "Europe/Zurich", "de"),
            NewUser("neighbour", "Noor", "Haddad", UserRole.Member, "NL", "Europe/Amsterdam", "nl"),
            NewUser("developer", "Dario", "Conti", UserRole.Developer, "IT", "Europe/Rome", "it"),
            NewUser("superadmin", "Sina", "Okafor", UserRole.Superadmin, "NG", "Africa/Lagos", "en"),
        ];

    internal static IEnumerable<UserMeta> MetasOf(User user) =>
        [
            NewMeta(user, "theme", new { mode = "dark" }, isPublic: false),
            NewMeta(user, "bio", new { text = $"{user.FirstName} is a sample user." }, isPublic: true),
        ];

    private static User NewUser(
        string name,
        string firstName,
        string lastName,
        UserRole role,
        string country,
        string timezone,
        string language
    ) =>
        new()
        {
            Id = IdPrefix + name,
            Email = name + EmailSuffix,
            EmailVerified = true,
            FirstName = firstName,
            LastName = lastName,
            Role = role,
            Country = country,
            Timezone = timezone,
            Language = language,
        };

    private static UserMeta NewMeta(User user, string key, object value, bool isPublic) =>
        new()
        {
            UserId = user.Id,
            Key = key,
            Value = JsonSerializer.SerializeToElement(value),
            DataType = "object",
            IsPublic = isPublic,
            IsSearchable = isPublic,
        };
}
