namespace Data.Entities;

/// <summary>
/// What an <see cref="Account"/> signs in with: the columns of <c>account</c> that API roles may not read. A type of its own,
/// so that reading accounts as a member never asks for them.
/// </summary>
public sealed class AccountSecret
{
    /// <summary>Key (<c>id</c>) of the account it belongs to.</summary>
    public string AccountId { get; set; } = null!;

    /// <summary>Password hash, for accounts that sign in by password.</summary>
    public string? Password { get; set; }

    /// <summary>The provider's access token.</summary>
    public string? AccessToken { get; set; }

    /// <summary>The provider's refresh token.</summary>
    public string? RefreshToken { get; set; }

    /// <summary>The provider's identity token.</summary>
    public string? IdToken { get; set; }
}
