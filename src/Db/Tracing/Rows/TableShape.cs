using Npgsql;

namespace Db.Tracing.Rows;

/// <summary>A table, as far as making rows for it needs.</summary>
/// <param name="Oid">Its oid.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Its columns, in order, without dropped ones.</param>
/// <param name="Checks">Its check constraints, and one for its partitions' bounds.</param>
/// <param name="ForeignKeys">Its foreign keys.</param>
/// <param name="UniqueKeys">The columns of each unique index; expressions are left out.</param>
internal sealed record TableShape(
    uint Oid,
    string Schema,
    string Name,
    IReadOnlyList<ColumnShape> Columns,
    IReadOnlyList<CheckShape> Checks,
    IReadOnlyList<ForeignKeyShape> ForeignKeys,
    IReadOnlyList<IReadOnlyList<string>> UniqueKeys
)
{
    /// <summary>The name as SQL.</summary>
    public string Sql => $"{Quoted(Schema)}.{Quoted(Name)}";

    public override string ToString() => $"{Schema}.{Name}";

    /// <summary>A name as SQL, always quoted.</summary>
    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="NotNull">Whether it, or its domain, refuses null.</param>
/// <param name="HasDefault">Whether PostgreSQL fills it where it is left out.</param>
/// <param name="IsCounted">Whether it counts up: identity, or the default of serial.</param>
/// <param name="IsGenerated">Whether it is computed from others.</param>
internal sealed record ColumnShape(
    string Name,
    TypeShape Type,
    bool NotNull,
    bool HasDefault,
    bool IsCounted,
    bool IsGenerated
)
{
    public string Sql => TableShape.Quoted(Name);
}

/// <summary>A type.</summary>
/// <param name="Sql">As SQL writes it, with its modifier.</param>
/// <param name="Name">The name in the catalogs: int4, text, …</param>
/// <param name="Kind">b base, e enum, d domain, c composite, r range, m multirange.</param>
/// <param name="Modifier">Length or precision as the catalogs store it; -1 without one.</param>
/// <param name="Labels">An enum's labels.</param>
/// <param name="Element">An array's elements, a range's bounds, a multirange's range.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Base">What a domain is made of.</param>
/// <param name="Checks">A domain's checks, about VALUE.</param>
internal sealed record TypeShape(
    string Sql,
    string Name,
    char Kind,
    int Modifier,
    IReadOnlyList<string> Labels,
    TypeShape? Element,
    bool IsArray,
    TypeShape? Base,
    IReadOnlyList<string> Checks
)
{
    /// <summary>The type below all domains.</summary>
    public TypeShape Innermost => Base?.Innermost ?? this;

    /// <summary>How many characters fit in; null where it is not limited or holds none.</summary>
    public int? Length => Innermost is { Name: "varchar" or "bpchar", Modifier: > 4 } t ? t.Modifier - 4 : null;
}

/// <summary>A condition on the columns of one row.</summary>
/// <param name="Columns">The columns it reads.</param>
/// <param name="Condition">The condition as SQL, with bare column names.</param>
internal sealed record CheckShape(IReadOnlyList<string> Columns, string Condition);

/// <summary>A foreign key.</summary>
/// <param name="Columns">The referencing columns.</param>
/// <param name="Referenced">The oid of the referenced table.</param>
/// <param name="Keys">The referenced columns, in the same order.</param>
internal sealed record ForeignKeyShape(IReadOnlyList<string> Columns, uint Referenced, IReadOnlyList<string> Keys);

/// <summary>Reads the shapes of a database's tables from PostgreSQL's catalogs.</summary>
internal static class ShapeReader
{
    /// <summary>All tables of users, in the order of their names; no partitions, whose rows go in through their parent.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="isExcluded">Names of tables to leave out.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async Task<IReadOnlyList<TableShape>> ReadAsync(
        NpgsqlConnection connection,
        Func<string, bool> isExcluded,
        CancellationToken ct
    )
    {
        var types = await TypesAsync(connection, ct);
        var columns = await ColumnsAsync(connection, types, ct);
        var checks = await ChecksAsync(connection, ct);
        var foreignKeys = await ForeignKeysAsync(connection, ct);
        var unique = await UniqueKeysAsync(connection, ct);
        var tables = await RowsAsync(
            connection,
            """
            SELECT c.oid, n.nspname::text, c.relname::text
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                              AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 2, 3
            """,
            r => (Oid: r.GetFieldValue<uint>(0), Schema: r.GetString(1), Name: r.GetString(2)),
            ct
        );
        return
        [
            .. tables
                .Where(t => !isExcluded(t.Name))
                .Select(t => new TableShape(
                    t.Oid,
                    t.Schema,
                    t.Name,
                    [.. columns[t.Oid]],
                    [.. checks[t.Oid]],
                    [.. foreignKeys[t.Oid]],
                    [.. unique[t.Oid]]
                )),
        ];
    }

    private sealed record TypeRow(
        uint Oid,
        string Name,
        string Sql,
        char Kind,
        bool IsArray,
        uint Element,
        uint Base,
        int BaseModifier,
        bool NotNull,
        string[] Labels,
        string[] Checks
    );

    private static async Task<IReadOnlyDictionary<uint, TypeRow>> TypesAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        var rows = await RowsAsync(
            connection,
            """
            SELECT t.oid, t.typname::text, pg_catalog.format_type(t.oid, NULL), t.typtype::text, t.typcategory = 'A' AND t.typelem <> 0,
                   CASE WHEN t.typcategory = 'A' THEN t.typelem
                        WHEN t.typtype = 'r' THEN (SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid)
                        WHEN t.typtype = 'm' THEN (SELECT rngtypid FROM pg_catalog.pg_range WHERE rngmultitypid = t.oid)
                        ELSE 0::oid END,
                   t.typbasetype, t.typtypmod, t.typnotnull,
                   ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
                   ARRAY(SELECT pg_catalog.pg_get_expr(k.conbin, 0) FROM pg_catalog.pg_constraint k
                         WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname)
            FROM pg_catalog.pg_type t
            """,
            r => new TypeRow(
                r.GetFieldValue<uint>(0),
                r.GetString(1),
                r.GetString(2),
                r.GetString(3)[0],
                r.GetBoolean(4),
                r.IsDBNull(5) ? 0 : r.GetFieldValue<uint>(5),
                r.GetFieldValue<uint>(6),
                r.GetInt32(7),
                r.GetBoolean(8),
                r.GetFieldValue<string[]>(9),
                r.GetFieldValue<string[]>(10)
            ),
            ct
        );
        return rows.ToDictionary(row => row.Oid);
    }

    private static TypeShape Shape(IReadOnlyDictionary<uint, TypeRow> types, uint oid, int modifier, string? sql)
    {
        var row = types[oid];
        return new TypeShape(
            sql ?? row.Sql,
            row.Name,
            row.Kind,
            modifier,
            row.Labels,
            row.Element != 0 && types.ContainsKey(row.Element) ? Shape(types, row.Element, modifier, null) : null,
            row.IsArray,
            row.Kind == 'd' ? Shape(types, row.Base, row.BaseModifier, null) : null,
            row.Checks
        );
    }

    private static bool DomainRefusesNull(IReadOnlyDictionary<uint, TypeRow> types, uint oid) =>
        types[oid] is { Kind: 'd' } row && (row.NotNull || DomainRefusesNull(types, row.Base));

    private static async Task<ILookup<uint, ColumnShape>> ColumnsAsync(
        NpgsqlConnection connection,
        IReadOnlyDictionary<uint, TypeRow> types,
        CancellationToken ct
    )
    {
        var rows = await RowsAsync(
            connection,
            """
            SELECT a.attrelid, a.attname::text, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   a.attnotnull, a.atthasdef, a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false),
                   a.attgenerated <> ''
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """,
            r =>
            {
                var type = r.GetFieldValue<uint>(2);
                return (
                    Table: r.GetFieldValue<uint>(0),
                    Column: new ColumnShape(
                        r.GetString(1),
                        Shape(types, type, r.GetInt32(3), r.GetString(4)),
                        r.GetBoolean(5) || DomainRefusesNull(types, type),
                        r.GetBoolean(6) || r.GetBoolean(7),
                        r.GetBoolean(7),
                        r.GetBoolean(8)
                    )
                );
            },
            ct
        );
        return rows.ToLookup(row => row.Table, row => row.Column);
    }

    private static async Task<ILookup<uint, CheckShape>> ChecksAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var rows = await RowsAsync(
            connection,
            """
            SELECT k.conrelid, pg_catalog.pg_get_expr(k.conbin, k.conrelid),
                   ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
            FROM pg_catalog.pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0
            UNION ALL
            -- A row of a partitioned table has to fit into one of its partitions.
            SELECT p.partrelid, (SELECT string_agg('(' || pg_catalog.pg_get_partition_constraintdef(i.inhrelid) || ')', ' OR ' ORDER BY i.inhrelid)
                                 FROM pg_catalog.pg_inherits i WHERE i.inhparent = p.partrelid),
                   ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs))
            FROM pg_catalog.pg_partitioned_table p
            """,
            r =>
                (
                    Table: r.GetFieldValue<uint>(0),
                    Check: r.IsDBNull(1) ? null : new CheckShape(r.GetFieldValue<string[]>(2), r.GetString(1))
                ),
            ct
        );
        return rows.Where(row => row.Check is not null).ToLookup(row => row.Table, row => row.Check!);
    }

    private static async Task<ILookup<uint, ForeignKeyShape>> ForeignKeysAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        var rows = await RowsAsync(
            connection,
            """
            SELECT k.conrelid, k.confrelid,
                   ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, o)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o),
                   ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, o)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o)
            FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
            ORDER BY cardinality(k.conkey) DESC, k.conname
            """,
            r =>
                (
                    Table: r.GetFieldValue<uint>(0),
                    Key: new ForeignKeyShape(
                        r.GetFieldValue<string[]>(2),
                        r.GetFieldValue<uint>(1),
                        r.GetFieldValue<string[]>(3)
                    )
                ),
            ct
        );
        return rows.ToLookup(row => row.Table, row => row.Key);
    }

    private static async Task<ILookup<uint, IReadOnlyList<string>>> UniqueKeysAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        var rows = await RowsAsync(
            connection,
            """
            SELECT i.indrelid, ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY (i.indkey)
                  -- The columns behind an expression, such as lower(email).
                  OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                             AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)))
            FROM pg_catalog.pg_index i WHERE i.indisunique OR i.indisexclusion
            """,
            r => (Table: r.GetFieldValue<uint>(0), Columns: (IReadOnlyList<string>)r.GetFieldValue<string[]>(1)),
            ct
        );
        return rows.ToLookup(row => row.Table, row => row.Columns);
    }

    private static async Task<IReadOnlyList<T>> RowsAsync<T>(
        NpgsqlConnection connection,
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
