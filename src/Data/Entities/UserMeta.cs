using System.Text.Json;

namespace Data.Entities;

/// <summary>One named value of a user, beyond the columns. Table <c>users_metas</c>.</summary>
public sealed class UserMeta
{
    /// <summary>Primary key; made by the database.</summary>
    public string Id { get; set; } = null!;

    /// <summary>Whose value it is.</summary>
    public required string UserId { get; set; }

    /// <summary>The name; unique for the user.</summary>
    public required string Key { get; set; }

    /// <summary>The value; an empty object where none was given.</summary>
    public JsonElement Value { get; set; }

    /// <summary>How the application reads the value.</summary>
    public string? DataType { get; set; }

    /// <summary>Whether anybody may read it.</summary>
    public bool IsPublic { get; set; }

    /// <summary>Whether searches look at it.</summary>
    public bool IsSearchable { get; set; }

    /// <summary>When the row was made (UTC).</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the row last changed (UTC); kept by a trigger.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>Whose value it is.</summary>
    public User? User { get; set; }
}
