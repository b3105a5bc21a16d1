using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Execution;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Rollback;

/// <summary>
/// Reads from the Downs of a revert, in their order, what they could take away: from EF Core's operations, and from raw SQL statement by
/// statement.
/// </summary>
/// <remarks>What cannot be told is a loss as well: a question too many costs a minute, one too few costs the data.</remarks>
internal sealed partial class LossesOfDown
{
    private readonly NamesInDown _names = new();
    private string _migration = "";
    private bool _isResumed;
    private bool _hasOtherPath;

    /// <summary>What the Down of a migration could take away.</summary>
    /// <param name="migration">The migration; those reverted before it have been read.</param>
    /// <param name="isResumed">Whether part of it was reverted before, so that what it names may be gone.</param>
    public IReadOnlyList<PossibleLoss> Read(PlannedMigration migration, bool isResumed)
    {
        Begin(migration.Id, isResumed);
        return [.. migration.Make().DownOperations.SelectMany(Of)];
    }

    /// <summary>What SQL in the Down of a migration could take away.</summary>
    public IReadOnlyList<PossibleLoss> Read(string migration, string sql)
    {
        Begin(migration, isResumed: false);
        return [.. OfSql(sql)];
    }

    private void Begin(string migration, bool isResumed)
    {
        _migration = migration;
        _isResumed = isResumed;
        // What a migration sets ends with it.
        _hasOtherPath = false;
    }

    private IEnumerable<PossibleLoss> Of(MigrationOperation operation)
    {
        switch (operation)
        {
            case DropTableOperation o:
                return Drop(Name(o.Schema, o.Name), ifExists: false);
            case DropColumnOperation o:
                return Drop(Name(o.Schema, o.Table), o.Name, ifExists: false, tableIfExists: false);
            case DeleteDataOperation o:
                return Rows(Name(o.Schema, o.Table), "DELETE");
            case UpdateDataOperation o:
                return Rows(Name(o.Schema, o.Table), "UPDATE");
            case AlterColumnOperation o:
                return Altered(o);
            case CreateTableOperation o:
                _names.Make(Name(o.Schema, o.Name));
                return [];
            case AddColumnOperation o:
                _names.Make(Name(o.Schema, o.Table), o.Name);
                return [];
            case RenameTableOperation o:
                _names.Rename(Name(o.Schema, o.Name), Name(o.NewSchema ?? o.Schema, o.NewName ?? o.Name));
                return [];
            case RenameColumnOperation o:
                _names.Rename(Name(o.Schema, o.Table), o.Name, o.NewName);
                return [];
            case SqlOperation o:
                return OfSql(o.Sql);
            default:
                return [];
        }
    }

    private IEnumerable<PossibleLoss> Altered(AlterColumnOperation o)
    {
        var table = Name(o.Schema, o.Table);
        // Npgsql makes a computed column anew.
        if (o.ComputedColumnSql != o.OldColumn.ComputedColumnSql)
        {
            return Drop(table, o.Name, ifExists: false, tableIfExists: false);
        }

        return o.ColumnType == o.OldColumn.ColumnType && o.ClrType == o.OldColumn.ClrType ? []
            : o.ColumnType is { } type ? Convert(table, o.Name, type, null, mayBeMissing: false)
            : [Unknown($"another type for {table}.{ObjectName.Quoted(o.Name)}")];
    }

    private IEnumerable<PossibleLoss> OfSql(string sql) =>
        SqlScanner
            .Split(sql)
            .SelectMany(statement => Of(SqlParser.Parse(statement.Text), statement.Text, isCertain: true));

    // isCertain: whether it runs; what stands in a block may stand behind a condition.
    private IEnumerable<PossibleLoss> Of(Statement statement, string text, bool isCertain)
    {
        switch (statement)
        {
            case DropStatement { Kind: ObjectKind.Table } drop:
                return [.. drop.Names.SelectMany(table => Drop(table, drop.IfExists || !isCertain))];
            case DropStatement drop when drop.Cascade || drop.Kind == ObjectKind.Database:
            case OtherStatement { Verb: "DROP OWNED" or "CALL" or "EXECUTE" }:
            case OtherStatement or UnknownStatement or Copy when MayDelete(text):
            case AlterCompositeType type when !type.Action.StartsWith("ADD", StringComparison.OrdinalIgnoreCase):
                return [Unknown(text)];
            case Truncate truncate:
                return
                [
                    .. truncate.Tables.SelectMany(table => Rows(table, "TRUNCATE", mayBeMissing: !isCertain)),
                    .. truncate.Cascade ? [Unknown(text)] : Enumerable.Empty<PossibleLoss>(),
                ];
            case AlterTable { Kind: ObjectKind.Table } alter:
                return [.. Of(alter, isCertain)];
            case CreateTable create:
                if (isCertain && !create.IfNotExists)
                {
                    _names.Make(create.Name);
                }

                return [];
            case AlterObject { Kind: ObjectKind.Schema, RenamedTo: { } renamed } schema:
                _names.RenameSchema(schema.Name.Name, renamed);
                return [];
            case SetParameter { Name: "search_path" or "all" } set:
                _hasOtherPath = set.Value is not null;
                return [];
            case QueryStatement query:
                return [.. Of(query, text, isCertain)];
            case DoBlock block:
                return [.. Of(block, text)];
            default:
                return [];
        }
    }

    private IEnumerable<PossibleLoss> Of(AlterTable alter, bool isCertain)
    {
        var table = alter.Name;
        var mayBeMissing = alter.IfExists || !isCertain;
        foreach (var action in alter.Actions)
        {
            switch (action)
            {
                case DropColumn drop:
                    foreach (var loss in Drop(table, drop.Column, drop.IfExists || !isCertain, mayBeMissing))
                    {
                        yield return loss;
                    }

                    break;
                case AlterColumnType type:
                    foreach (
                        var loss in Convert(table, type.Column, type.Type.ToString(), type.Using?.Text, mayBeMissing)
                    )
                    {
                        yield return loss;
                    }

                    break;
                case AddColumn { IfNotExists: false } add when isCertain:
                    _names.Make(table, add.Column.Name);
                    break;
                case RenameColumn rename:
                    _names.Rename(table, rename.From, rename.To);
                    break;
                case RenameTo rename:
                    _names.Rename(table, table = table with { Name = rename.Name });
                    break;
                case SetSchema set:
                    _names.Rename(table, table = table with { Schema = set.Schema });
                    break;
            }
        }
    }

    private IEnumerable<PossibleLoss> Of(QueryStatement query, string text, bool isCertain)
    {
        foreach (var change in query.DataChanges)
        {
            var verb = change.Verb switch
            {
                "INSERT" when Updates(change) => "INSERT … ON CONFLICT DO UPDATE",
                "INSERT" => null,
                _ => change.Verb,
            };
            foreach (var loss in verb is null ? [] : Rows(change.Table, verb, mayBeMissing: !isCertain))
            {
                yield return loss;
            }
        }

        // Where it changes rows by itself, that was said.
        if (query.DataChanges.Count == 0 && MayDelete(text))
        {
            yield return Unknown(text);
        }
        else if (query.Text.Calls().Select(call => call.Name).Distinct().ToList() is { Count: > 0 } calls)
        {
            yield return new CallLoss(_migration, calls, Shortened(text));
        }
    }

    private IEnumerable<PossibleLoss> Of(DoBlock block, string text)
    {
        var inside = block
            .Statements.SelectMany(nested => Of(nested.Statement, nested.Text, isCertain: false))
            .ToList();
        if (MayDelete(text) || DynamicSql().IsMatch(text))
        {
            return [Unknown(text)];
        }

        var calls = PerformedCall().Matches(text).Select(match => match.Groups[1].Value.ToLowerInvariant()).ToList();
        return calls.Count > 0 ? [.. inside, new CallLoss(_migration, calls, Shortened(text))] : inside;
    }

    private static bool Updates(DataChange insert) =>
        insert.Source is { } source
        && source
            .Tokens.Zip(source.Tokens.Skip(1))
            .Any(pair => pair.First.IsWord("DO") && pair.Second.IsWord("UPDATE"));

    private IEnumerable<PossibleLoss> Drop(ObjectName table, bool ifExists)
    {
        var loss = Of(
            table,
            () => _names.Find(table, ifExists || _isResumed) is { } found ? new TableLoss(_migration, found) : null,
            "DROP TABLE"
        );
        _names.Make(table);
        return loss;
    }

    private IEnumerable<PossibleLoss> Drop(ObjectName table, string column, bool ifExists, bool tableIfExists)
    {
        var loss = Of(
            table,
            () =>
                _names.Find(table, column, ifExists || _isResumed, tableIfExists || _isResumed) is { } found
                    ? new ColumnLoss(_migration, found)
                    : null,
            "ALTER TABLE … DROP COLUMN"
        );
        _names.Make(table, column);
        return loss;
    }

    private IEnumerable<PossibleLoss> Convert(
        ObjectName table,
        string column,
        string type,
        string? expression,
        bool mayBeMissing
    ) =>
        Of(
            table,
            () =>
                _names.Find(table, column, mayBeMissing || _isResumed, mayBeMissing || _isResumed) is { } found
                    ? new ConversionLoss(_migration, found, type, expression)
                    : null,
            "ALTER TABLE … TYPE"
        );

    private IEnumerable<PossibleLoss> Rows(ObjectName table, string verb, bool mayBeMissing = false) =>
        Of(
            table,
            () =>
                _names.Find(table, mayBeMissing || _isResumed) is { } found
                    ? new RowsLoss(_migration, found, verb)
                    : null,
            verb
        );

    // Where another search_path is in force, a name without a schema is not the one that is looked up now.
    private IEnumerable<PossibleLoss> Of(ObjectName table, Func<PossibleLoss?> find, string what) =>
        _hasOtherPath && table.Schema is null ? [Unknown($"{what} {table}, under another search_path")]
        : find() is { } loss ? [loss]
        : [];

    private UnknownLoss Unknown(string what) => new(_migration, Shortened(what));

    private static ObjectName Name(string? schema, string name) => new(schema, name);

    /// <summary>Whether the text of a function may take data away, or have it taken by another.</summary>
    public static bool MayBeIn(string function) =>
        MayDelete(function) || DynamicSql().IsMatch(function) || PerformedCall().IsMatch(function);

    private static bool MayDelete(string sql) => Deleting().IsMatch(sql);

    // Wherever they stand, in a comment too.
    [GeneratedRegex(@"\b(DROP|DELETE|TRUNCATE|UPDATE|MERGE)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Deleting();

    // What EXECUTE is given as a literal, or format() makes of one, can be seen.
    [GeneratedRegex(@"\bEXECUTE\s+(?!format\b|FUNCTION\b|PROCEDURE\b|ON\b)[a-z_]|\bCALL\s", RegexOptions.IgnoreCase)]
    private static partial Regex DynamicSql();

    [GeneratedRegex(@"\bPERFORM\s+(?:[\w""]+\.)?""?(\w+)""?\s*\(", RegexOptions.IgnoreCase)]
    private static partial Regex PerformedCall();

    private static string Shortened(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 100 ? line[..99] + "…" : line;
    }
}
