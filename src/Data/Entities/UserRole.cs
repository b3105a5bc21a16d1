namespace Data.Entities;

/// <summary>What a user may do. Stored as lower-case text and limited by <c>check_users_role</c>.</summary>
public enum UserRole
{
    /// <summary>Sees and edits what is their own.</summary>
    Member,

    /// <summary>Sees and manages what everybody owns.</summary>
    Superadmin,

    /// <summary>To the database the same as a member; the application tells them apart.</summary>
    Developer,
}
