using Data.Access;
using Npgsql;

namespace Db.Policies;

/// <summary>A table as the catalogs describe it: enough to make a row of it without knowing what it is for.</summary>
/// <param name="Access">Who may do what to it.</param>
/// <param name="Columns">Its columns, in order.</param>
/// <param name="RowSecurity">Whether row-level security is on.</param>
/// <param name="DependentTables">The tables whose rows go when a row here goes, as SQL names.</param>
internal sealed record ProbedTable(
    TableAccess Access,
    IReadOnlyList<ProbedColumn> Columns,
    bool RowSecurity,
    IReadOnlyList<string> DependentTables
)
{
    public string Name => Access.Table;

    public string Sql => $"public.{Quoted(Name)}";

    /// <summary>The primary key's one column.</summary>
    public ProbedColumn Key =>
        Columns.FirstOrDefault(c => c.IsKey)
        ?? throw new CouldNotRunException(
            $"Table {Name} has no primary key of one column, so its rows cannot be told apart by 'db policies'."
        );

    /// <summary>
    /// A column that an update can set to its default: one that a signed-in user may change where there is any.
    /// </summary>
    public ProbedColumn? ToUpdate =>
        Columns.FirstOrDefault(c => c.CanBeReset && Access.Updatable.Contains(c.Name))
        ?? Columns.FirstOrDefault(c => c.CanBeReset && !Access.Hidden.Contains(c.Name) && c.Name != Access.OwnerColumn);

    /// <summary>Reads every table of the persona table; null in place of one that does not exist.</summary>
    public static async Task<IReadOnlyDictionary<string, ProbedTable>> ReadAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT c.relname::text, c.relrowsecurity, a.attname::text, format_type(a.atttypid, a.atttypmod), t.typcategory,
                a.attnotnull, a.atthasdef, a.attidentity <> '' OR a.attgenerated <> '',
                EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
                EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)),
                (SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                  WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1),
                ARRAY(SELECT DISTINCT k.conrelid::regclass::text FROM pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f')
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p') AND c.relname = ANY ($1)
            ORDER BY c.relname, a.attnum
            """,
            connection
        )
        {
            Parameters = { new() { Value = AccessTable.Tables.Select(t => t.Table).ToArray() } },
        };
        var rows = new List<(string Table, bool Security, ProbedColumn Column, string[] Dependents)>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                rows.Add(
                    (
                        reader.GetString(0),
                        reader.GetBoolean(1),
                        new ProbedColumn(
                            reader.GetString(2),
                            reader.GetString(3),
                            reader.GetChar(4),
                            reader.GetBoolean(5),
                            reader.GetBoolean(6),
                            reader.GetBoolean(7),
                            reader.GetBoolean(8),
                            reader.GetBoolean(9),
                            reader.IsDBNull(10) ? null : reader.GetString(10)
                        ),
                        reader.GetFieldValue<string[]>(11)
                    )
                );
            }
        }

        return rows.GroupBy(r => r.Table)
            .ToDictionary(
                g => g.Key,
                g => new ProbedTable(
                    AccessTable.Tables.First(t => t.Table == g.Key),
                    [.. g.Select(r => r.Column)],
                    g.First().Security,
                    g.First().Dependents
                )
            );
    }

    /// <summary>A name as SQL takes it.</summary>
    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as SQL writes it.</param>
/// <param name="Category">PostgreSQL's category of the type; a domain has its base type's.</param>
/// <param name="NotNull">It takes no null.</param>
/// <param name="HasDefault">It has a default, or is computed.</param>
/// <param name="IsMadeByTheServer">Identity or generated: it takes no value.</param>
/// <param name="IsKey">It is the primary key.</param>
/// <param name="IsUnique">It is part of a unique index.</param>
/// <param name="References">The table that a foreign key of this column alone leads to.</param>
internal sealed record ProbedColumn(
    string Name,
    string Type,
    char Category,
    bool NotNull,
    bool HasDefault,
    bool IsMadeByTheServer,
    bool IsKey,
    bool IsUnique,
    string? References
)
{
    public string Sql => ProbedTable.Quoted(Name);

    /// <summary>A row cannot be made without giving it a value.</summary>
    public bool MustBeGiven => NotNull && !HasDefault && !IsMadeByTheServer;

    /// <summary><c>SET column = DEFAULT</c> is sound.</summary>
    public bool CanBeReset => !IsKey && !IsUnique && !IsMadeByTheServer && References is null && !MustBeGiven;

    /// <summary>Some value that fits the type, unlike any that is there.</summary>
    public string AnyValue()
    {
        var random = Guid.NewGuid().ToString("N");
        return Category switch
        {
            // A top-level domain that is reserved for never existing.
            'S' when Name.Contains("mail", StringComparison.OrdinalIgnoreCase) => $"'{random}@probe.invalid'::{Type}",
            'S' => $"'{random}'::{Type}",
            'N' => $"0::{Type}",
            'B' => $"false::{Type}",
            'D' => $"now()::{Type}",
            'E' => $"(enum_range(NULL::{Type}))[1]",
            'I' => $"'192.0.2.1'::{Type}",
            'T' => $"'0'::{Type}",
            'A' => $"'{{}}'::{Type}",
            _ when Type == "uuid" => $"'{Guid.NewGuid()}'::uuid",
            _ when Type is "json" or "jsonb" => $"'{{}}'::{Type}",
            _ => $"''::{Type}",
        };
    }
}
