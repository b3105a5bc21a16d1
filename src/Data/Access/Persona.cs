namespace Data.Access;

/// <summary>Whose rights a unit of work has: a PostgreSQL role and, for a user, who they are.</summary>
public sealed record Persona
{
    private Persona(string role, string? userId)
    {
        Role = role;
        UserId = userId;
    }

    /// <summary>Somebody not signed in: role <c>anon</c>.</summary>
    public static Persona Anonymous { get; } = new("anon", null);

    /// <summary>The application itself: role <c>service_role</c>.</summary>
    public static Persona Service { get; } = new("service_role", null);

    /// <summary>A signed-in user: role <c>authenticated</c>, with <c>app.user_id</c> set.</summary>
    /// <exception cref="ArgumentException"><paramref name="userId"/> is empty: that would be nobody.</exception>
    public static Persona User(string userId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(userId);
        return new("authenticated", userId);
    }

    /// <summary>The PostgreSQL role the commands run as.</summary>
    public string Role { get; }

    /// <summary>What <c>get_auth_user_id()</c> returns; null for nobody.</summary>
    public string? UserId { get; }

    /// <inheritdoc />
    public override string ToString() => UserId is null ? Role : $"{Role} {UserId}";
}
