namespace MigrationSafety.Schema;

/// <summary>One object of a schema, with what the catalogs say of it.</summary>
/// <param name="Kind">PostgreSQL's word for it: <c>table</c>, <c>function</c>, <c>type</c>.</param>
/// <param name="Name">
/// Its name, qualified with the schema and quoted where SQL needs it; a function's with the types of its arguments.
/// </param>
/// <param name="Properties">What it is made of: columns, constraints, grants; in the order in which they are written.</param>
public sealed record SchemaObject(string Kind, string Name, IReadOnlyList<SchemaProperty> Properties)
{
    /// <summary>Kind and name: what tells it from every other object.</summary>
    public string Key => $"{Kind} {Name}";
}

/// <summary>One thing that the catalogs say of an object.</summary>
/// <param name="Name">What tells it from the object's other properties: <c>column "userId"</c>, <c>grant to anon</c>.</param>
/// <param name="Value">What it says, as SQL where SQL has words for it. May span lines: a function's body does.</param>
public sealed record SchemaProperty(string Name, string Value);
