using Data.Access;
using Npgsql;

namespace Db.Policies;

/// <summary>A row that was made to be tried on.</summary>
/// <param name="Key">Its primary key, as text.</param>
/// <param name="Owner">The probe user whose row it is; empty where rows are nobody's.</param>
/// <param name="IsPublic">Whether it is marked public.</param>
internal sealed record ProbeRow(string Key, string Owner, bool IsPublic);

/// <summary>Two members and a superadmin who exist in one transaction only, each with rows in the tables that are asked for.</summary>
internal sealed class ProbeRows(
    NpgsqlConnection connection,
    IReadOnlyDictionary<string, ProbedTable> tables,
    CheckedColumns checks
)
{
    private const string Users = "users";

    private readonly Dictionary<string, IReadOnlyList<ProbeRow>> _rows = [];
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>The user ids, by persona.</summary>
    public IReadOnlyDictionary<string, string> People { get; } =
        new[] { AccessTable.Member, AccessTable.AnotherMember, AccessTable.Superadmin }.ToDictionary(
            persona => persona,
            persona => $"probe-{persona.Replace(' ', '-')}-{Guid.NewGuid():N}"
        );

    /// <summary>The rows of a table; made at the first call, with the rows that they need in other tables.</summary>
    public async Task<IReadOnlyList<ProbeRow>> MakeAsync(ProbedTable table, CancellationToken ct)
    {
        if (_rows.TryGetValue(table.Name, out var made))
        {
            return made;
        }

        foreach (var needed in NeededBy(table))
        {
            await MakeAsync(needed, ct);
        }

        var rows = new List<ProbeRow>();
        IEnumerable<string> owners = table.Access.OwnerColumn is null ? [""] : People.Values;
        foreach (var owner in owners)
        {
            rows.Add(await MakeAsync(table, owner, isPublic: false, ct));
            if (table.Access.PublicColumn is not null)
            {
                rows.Add(await MakeAsync(table, owner, isPublic: true, ct));
            }
        }

        return _rows[table.Name] = rows;
    }

    /// <summary>The tables that must have rows before this one can.</summary>
    public IEnumerable<ProbedTable> NeededBy(ProbedTable table) =>
        table
            .Columns.Where(c => c.References is not null && (c.MustBeGiven || c.Name == table.Access.OwnerColumn))
            .Select(c => c.References!)
            // Personas are users, whatever the table.
            .Append(Users)
            .Distinct()
            .Where(name => name != table.Name && tables.ContainsKey(name))
            .Select(name => tables[name]);

    /// <summary>The statement that makes a row with as few columns as it can have.</summary>
    public string Insert(ProbedTable table, string owner)
    {
        var values = Values(table, owner);
        return $"INSERT INTO {table.Sql} ({string.Join(", ", values.Select(v => v.Column.Sql))}) "
            + $"VALUES ({string.Join(", ", values.Select(v => v.Value))})";
    }

    private async Task<ProbeRow> MakeAsync(ProbedTable table, string owner, bool isPublic, CancellationToken ct)
    {
        var values = Values(table, owner);
        if (table.Name == Users)
        {
            values.RemoveAll(v => v.Column.IsKey);
            values.Add((table.Key, Literal(owner)));
            if (owner == People[AccessTable.Superadmin])
            {
                Give(values, table.Columns.First(c => c.Name == "role"), "'superadmin'");
            }
        }

        if (isPublic)
        {
            Give(values, table.Columns.First(c => c.Name == table.Access.PublicColumn), "true");
        }

        await using var command = new NpgsqlCommand(
            $"INSERT INTO {table.Sql} ({string.Join(", ", values.Select(v => v.Column.Sql))}) "
                + $"VALUES ({string.Join(", ", values.Select(v => v.Value))}) RETURNING {table.Key.Sql}::text",
            connection
        );
        var key = (string)(await command.ExecuteScalarAsync(ct))!;
        return new ProbeRow(key, owner, isPublic);
    }

    private List<(ProbedColumn Column, string Value)> Values(ProbedTable table, string owner)
    {
        var values = new List<(ProbedColumn, string)>();
        var row = _numbers[table.Name] = _numbers.GetValueOrDefault(table.Name) + 1;
        foreach (var column in table.Columns)
        {
            if (column.Name == table.Access.OwnerColumn && table.Name != Users)
            {
                values.Add((column, Literal(owner)));
            }
            else if (column.MustBeGiven)
            {
                values.Add(
                    (
                        column,
                        column.References is { } other && _rows.TryGetValue(other, out var rows)
                            ? Literal((rows.FirstOrDefault(r => r.Owner == owner) ?? rows[0]).Key)
                        : checks.For(table.Name, column, row) is { } value ? value
                        : column.IsKey && column.Category == 'N' ? $"-{Random.Shared.Next(1, int.MaxValue)}"
                        : column.AnyValue()
                    )
                );
            }
            else if (
                column is { IsMadeByTheServer: false, References: null }
                && checks.For(table.Name, column, row) is { } value
            )
            {
                values.Add((column, value));
            }
        }

        return values;
    }

    private static void Give(List<(ProbedColumn Column, string Value)> values, ProbedColumn column, string value)
    {
        values.RemoveAll(v => v.Column == column);
        values.Add((column, value));
    }

    private static string Literal(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
