namespace Data.Entities;

/// <summary>A person who can sign in. Table <c>users</c>.</summary>
public sealed class User
{
    /// <summary>Primary key, chosen by whoever signs the person up.</summary>
    public required string Id { get; set; }

    /// <summary>Address the person signs in with; unique.</summary>
    public required string Email { get; set; }

    /// <summary>Whether the address was proven. Only the service decides; null in rows older than the default.</summary>
    public bool? EmailVerified { get; set; }

    /// <summary>Display name. A trigger derives it from first and last name where either is given.</summary>
    public string? Name { get; set; }

    /// <summary>Given name.</summary>
    public string? FirstName { get; set; }

    /// <summary>Family name.</summary>
    public string? LastName { get; set; }

    /// <summary>Address of a picture.</summary>
    public string? Image { get; set; }

    /// <summary>Country, as the application writes it.</summary>
    public string? Country { get; set; }

    /// <summary>IANA time zone, for example <c>Europe/Zurich</c>.</summary>
    public string? Timezone { get; set; }

    /// <summary>Language tag; <c>en</c> where none was given.</summary>
    public string? Language { get; set; }

    /// <summary>What the person may do. Only the service decides; <see cref="UserRole.Member"/> where none was given.</summary>
    public UserRole? Role { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Where the person is signed in.</summary>
    public ICollection<Session> Sessions { get; } = [];

    /// <summary>Ways the person can sign in.</summary>
    public ICollection<Account> Accounts { get; } = [];

    /// <summary>Settings and profile values beyond the columns.</summary>
    public ICollection<UserMeta> Metas { get; } = [];

    /// <summary>Keys the person calls the API with.</summary>
    public ICollection<ApiKey> ApiKeys { get; } = [];
}
