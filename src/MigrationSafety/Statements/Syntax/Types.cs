namespace MigrationSafety.Statements.Syntax;

/// <summary>CREATE TYPE.</summary>
/// <remarks>Labels: An enum's labels, or null for another kind of type.</remarks>
internal sealed record CreateType(ObjectName Name, IReadOnlyList<string>? Labels) : Statement;

/// <summary>ALTER TYPE … ADD VALUE.</summary>
internal sealed record AddEnumValue(ObjectName Type, string Label, bool IfNotExists) : Statement;

/// <summary>ALTER TYPE … RENAME VALUE.</summary>
internal sealed record RenameEnumValue(ObjectName Type, string From, string To) : Statement;

/// <summary>ALTER TYPE … DROP, ADD, ALTER or RENAME ATTRIBUTE of a composite type.</summary>
internal sealed record AlterCompositeType(ObjectName Type, string Action) : Statement;

/// <summary>CREATE DOMAIN.</summary>
/// <remarks>IsConstrained: Whether CHECK or NOT NULL stands in it.</remarks>
internal sealed record CreateDomain(ObjectName Name, SqlType Type, bool IsConstrained) : Statement;

/// <summary>ALTER DOMAIN.</summary>
/// <remarks>
/// Action: SET NOT NULL, ADD, DROP, VALIDATE, SET DEFAULT and so on.
/// IsNotValid: Whether a constraint is added NOT VALID.
/// </remarks>
internal sealed record AlterDomain(ObjectName Name, string Action, bool IsNotValid) : Statement;
