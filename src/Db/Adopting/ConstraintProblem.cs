using System.Text.RegularExpressions;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>A key or constraint that is missing or says something else, with the rows that would break ours.</summary>
internal static partial class ConstraintProblem
{
    public static async Task<Finding> OfAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        bool hasUniqueIndex,
        CancellationToken ct
    )
    {
        var table = difference.Object["table ".Length..];
        var name = difference.Property!["constraint ".Length..];
        var definition = difference.Expected!;
        var isThere = difference.Kind == SchemaDifferenceKind.Different;
        var (rows, why, mend, add) = await OfAsync(connection, table, name, definition, hasUniqueIndex, ct);
        var state = isThere
            ? $"it is {difference.Found}; ours is {definition}"
            : $"it is missing; ours is {definition}";
        // Only its NOT VALID differs: nothing has to be taken away.
        var sql =
            isThere && difference.Found == definition + " NOT VALID"
                ? $"ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
                : (isThere ? $"ALTER TABLE {table} DROP CONSTRAINT {name};\n" : "") + add;
        return new Finding(
            Verdict.InTheWay,
            difference.Object,
            difference.Property,
            rows == 0 ? $"{state}. No row breaks ours" : $"{state}. {rows:N0} {why}",
            rows,
            (rows == 0 ? "" : mend + "\n") + sql
        )
        {
            IsForeignKey = definition.StartsWith("FOREIGN KEY", StringComparison.Ordinal),
        };
    }

    private static async Task<(long Rows, string Why, string Mend, string Add)> OfAsync(
        NpgsqlConnection connection,
        string table,
        string name,
        string definition,
        bool hasUniqueIndex,
        CancellationToken ct
    )
    {
        if (Key().Match(definition) is { Success: true } key)
        {
            var (kind, columns) = (key.Groups["kind"].Value, key.Groups["columns"].Value);
            var rows = await RowCount.OfAsync(
                connection,
                $"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {table} GROUP BY {columns} HAVING count(*) > 1) AS twice",
                ct
            );
            return (
                rows,
                $"{(rows == 1 ? "row repeats" : "rows repeat")} another's ({columns})",
                WithoutDuplicates(table, columns, rows),
                (
                    hasUniqueIndex
                        ? ""
                        : $"-- By itself, outside of any transaction:\nCREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns});\n"
                ) + $"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name};"
            );
        }

        var addAndValidate =
            $"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID;\nALTER TABLE {table} VALIDATE CONSTRAINT {name};";
        if (ForeignKey().Match(definition) is { Success: true } foreign)
        {
            var (column, parent, parentColumn) = (
                foreign.Groups["column"].Value,
                foreign.Groups["parent"].Value,
                foreign.Groups["parentColumn"].Value
            );
            var orphan =
                $"child.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE parent.{parentColumn} = child.{column})";
            var rows = await RowCount.OfAsync(connection, $"SELECT count(*) FROM {table} AS child WHERE {orphan}", ct);
            return (
                rows,
                $"{(rows == 1 ? "row points" : "rows point")} at nothing in {parent}",
                $"-- Deletes {rows:N0} orphaned {(rows == 1 ? "row" : "rows")}.\nDELETE FROM {table} AS child WHERE {orphan};",
                addAndValidate
            );
        }

        var check = definition["CHECK ".Length..];
        var broken = await RowCount.OfAsync(connection, $"SELECT count(*) FROM {table} WHERE NOT {check}", ct);
        return (
            broken,
            $"{(broken == 1 ? "row breaks" : "rows break")} ours",
            name == "check_users_role"
                ? $"-- Or add the roles that the application uses to ours, by a migration.\nUPDATE {table} SET role = 'member' WHERE NOT {check};"
                : $"-- Give them a value that fits, or delete them:\nDELETE FROM {table} WHERE NOT {check};",
            addAndValidate
        );
    }

    // A user is never deleted for a repeated address: everything of theirs would go too.
    private static string WithoutDuplicates(string table, string columns, long rows)
    {
        var same = string.Join(" AND ", columns.Split(", ").Select(column => $"another.{column} = one.{column}"));
        return table == "public.users" && columns == "email"
            ? $"""
                -- Marks all but the oldest of each; look at them first.
                UPDATE public.users AS one SET email = one.email || '.duplicate-' || one.id
                WHERE EXISTS (SELECT FROM public.users AS another WHERE {same} AND (another."createdAt", another.ctid) < (one."createdAt", one.ctid));
                """
            : $"""
                -- Deletes {rows:N0}: all but the newest of each.
                DELETE FROM {table} AS one
                WHERE EXISTS (SELECT FROM {table} AS another WHERE {same} AND (another."createdAt", another.ctid) > (one."createdAt", one.ctid));
                """;
    }

    [GeneratedRegex(@"^(?<kind>PRIMARY KEY|UNIQUE) \((?<columns>.+)\)$")]
    private static partial Regex Key();

    [GeneratedRegex(@"^FOREIGN KEY \((?<column>[^,)]+)\) REFERENCES (?<parent>\S+?)\((?<parentColumn>[^,)]+)\)")]
    private static partial Regex ForeignKey();
}
