using Npgsql;

namespace MigrationSafety.Schema;

/// <summary>
/// What PostgreSQL's catalogs say of a database's schemas, as text that can be committed, reviewed and compared. The
/// same migrations give the same text on PostgreSQL 15 to 18, whatever the database, its owner and its collation are
/// called, and in whatever order things other than columns were made.
/// </summary>
public sealed class SchemaSnapshot
{
    private SchemaSnapshot(IReadOnlyList<SchemaObject> objects) => Objects = objects;

    /// <summary>All objects, sorted by kind and name.</summary>
    public IReadOnlyList<SchemaObject> Objects { get; }

    /// <summary>The schemas that the snapshot covers.</summary>
    public IReadOnlyList<string> Schemas => Named("schema");

    /// <summary>The extensions that the snapshot names.</summary>
    public IReadOnlyList<string> Extensions => Named("extension");

    /// <summary>Reads a database's catalogs.</summary>
    /// <param name="connectionString">Npgsql's key-value form. Any role that may connect can read the catalogs.</param>
    /// <param name="options">What to read.</param>
    /// <param name="ct">Cancels the reading.</param>
    /// <exception cref="NpgsqlException">The server cannot be reached, or lets nobody in.</exception>
    public static async Task<SchemaSnapshot> ReadAsync(
        string connectionString,
        SchemaSnapshotOptions options,
        CancellationToken ct = default
    )
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct).ConfigureAwait(false);
        return await ReadAsync(connection, options, ct).ConfigureAwait(false);
    }

    /// <summary>Reads a database's catalogs over an open connection that is in no transaction.</summary>
    /// <param name="connection">Open; it is left as it was.</param>
    /// <param name="options">What to read.</param>
    /// <param name="ct">Cancels the reading.</param>
    /// <exception cref="NpgsqlException">The connection was lost.</exception>
    public static async Task<SchemaSnapshot> ReadAsync(
        NpgsqlConnection connection,
        SchemaSnapshotOptions options,
        CancellationToken ct = default
    )
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        return Of(await CatalogReading.ReadAsync(connection, options, ct).ConfigureAwait(false));
    }

    /// <summary>Reads what an open transaction has made so far. The transaction's settings are changed.</summary>
    internal static async Task<SchemaSnapshot> ReadInTransactionAsync(
        NpgsqlConnection connection,
        SchemaSnapshotOptions options,
        CancellationToken ct
    ) => Of(await CatalogReading.ReadInTransactionAsync(connection, options, ct).ConfigureAwait(false));

    /// <summary>Reads the text that <see cref="ToText"/> writes.</summary>
    /// <param name="text">The text; line endings of either kind.</param>
    /// <exception cref="FormatException">It is not such a text; the message names the line.</exception>
    public static SchemaSnapshot Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Of(SchemaText.Read(text));
    }

    /// <summary>Writes the snapshot. Lines end in a line feed on every system.</summary>
    public string ToText() => SchemaText.Write(Objects);

    /// <summary>The snapshot without some tables, of whatever schema they are.</summary>
    internal SchemaSnapshot Without(Func<string, bool> table) =>
        new([.. Objects.Where(o => o.Kind != "table" || !table(Unquoted(o.Name.Split('.')[^1])))]);

    /// <summary>Compares another schema with this one, which is the expected one. The order of columns does not count.</summary>
    /// <param name="found">What is there.</param>
    /// <returns>Nothing where they are the same; otherwise sorted as the objects are.</returns>
    public IReadOnlyList<SchemaDifference> Compare(SchemaSnapshot found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return [.. SchemaComparison.Of(Objects, found.Objects)];
    }

    private static SchemaSnapshot Of(IEnumerable<SchemaObject> objects) =>
        new([.. objects.OrderBy(o => SchemaKinds.Rank(o.Kind)).ThenBy(o => o.Name, StringComparer.Ordinal)]);

    private List<string> Named(string kind) => [.. Objects.Where(o => o.Kind == kind).Select(o => Unquoted(o.Name))];

    private static string Unquoted(string identifier) =>
        identifier.StartsWith('"') ? identifier[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : identifier;
}
