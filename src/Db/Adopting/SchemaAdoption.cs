using Data.Migrations.Adopting;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Adopting;

/// <summary>Says of each difference between a database and the schema it has to become what happens to it.</summary>
internal sealed class SchemaAdoption(OldDatabase old, Accepted accepted)
{
    // Whose privileges our migrations decide; everybody else's are the user's own.
    private static readonly string[] _ourRoles = ["PUBLIC", "anon", "authenticated", "service_role"];

    private const string Enum = "enum public.api_key_status";

    private readonly SchemaSnapshot _ours = AdoptedSchema.Read();
    private readonly List<Finding> _findings = [];
    private readonly List<SchemaDifference> _kept = [];

    /// <summary>What was found, by object.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What differs and stays so.</summary>
    public IReadOnlyList<SchemaDifference> Kept => _kept;

    /// <summary>Compares. Rows are counted only where something is wrong with a column or a constraint.</summary>
    public async Task CompareAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var differences = _ours.Compare(old.Schema);
        _kept.AddRange(
            old.OthersGrants.Select(grant => new SchemaDifference(
                SchemaDifferenceKind.Extra,
                grant.Object,
                grant.Property,
                null,
                null
            ))
        );
        Same(differences);
        if (old.Schema.Objects.Any(o => o.Key == Enum) && !old.Tables.Contains("api_key"))
        {
            Add(
                Verdict.InTheWay,
                Enum,
                null,
                "it is there without its table, and the migration that makes both would fail",
                sql: "DROP TYPE public.api_key_status;"
            );
        }

        foreach (var difference in differences)
        {
            if (difference.Property is null)
            {
                WholeObject(difference);
            }
            else if (IsOurTable(difference.Object))
            {
                await OfTableAsync(connection, difference, differences, ct);
            }
            else
            {
                await OfOtherAsync(connection, difference, ct);
            }
        }
    }

    /// <summary>What has the name of one of our tables and is none; nothing else can be said until it has another.</summary>
    public static IReadOnlyList<Finding> Clashes(SchemaSnapshot schema) =>
        [
            .. from item in schema.Objects
            where item.Kind != "table" && AdoptedSchema.Tables.Any(t => item.Name == $"public.{t.Table}")
            select new Finding(
                Verdict.InTheWay,
                item.Key,
                null,
                "it has the name of one of our tables. Where it stands before a table that was renamed, give that its name back afterwards: ALTER TABLE … RENAME TO …",
                Sql: $"ALTER {(item.Kind is "enum" or "composite type" or "range type" ? "TYPE" : item.Kind.ToUpperInvariant())} {item.Name} RENAME TO {item.Name.Split('.')[^1]}_before;"
            ),
        ];

    private void Same(IReadOnlyList<SchemaDifference> differences)
    {
        var there = old.Schema.Objects.Select(o => o.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var item in _ours.Objects.Where(o => o.Kind is "table" or "enum" && there.Contains(o.Key)))
        {
            var differ = differences
                .Where(d => d.Object == item.Key && d.Kind != SchemaDifferenceKind.Extra)
                .Select(d => d.Property)
                .ToHashSet(StringComparer.Ordinal);
            var same = item
                .Properties.Where(p => !differ.Contains(p.Name))
                .GroupBy(p => p.Name.Split(' ')[0])
                .Select(g => (What: g.Key, Count: g.Count()))
                .Where(g => g.What is "column" or "constraint" or "index" or "trigger" or "policy" or "labels")
                .Select(g => g.What == "labels" ? "all labels" : $"{g.Count} {Plural(g.What, g.Count)}");
            Add(Verdict.Same, item.Key, null, string.Join(", ", same));
        }
    }

    private void WholeObject(SchemaDifference difference)
    {
        var name = difference.Object[(KindOf(difference.Object).Length + 1)..];
        if (difference.Kind == SchemaDifferenceKind.Missing)
        {
            MissingObject(difference, name);
        }
        else
        {
            Keep(difference);
        }
    }

    private void MissingObject(SchemaDifference difference, string name)
    {
        if (IsOurTable(difference.Object) || difference.Object == Enum)
        {
            var table = name == "public.api_key_status" ? "api_key" : name["public.".Length..];
            var migration = AdoptedSchema.Tables.Single(t => t.Table == table).Migration;
            var others = AdoptedSchema
                .Tables.Where(t => t.Migration == migration && t.Table != table && old.Tables.Contains(t.Table))
                .Select(t => t.Table)
                .ToList();
            if (others.Count > 0)
            {
                Add(
                    Verdict.InTheWay,
                    difference.Object,
                    null,
                    $"it is missing, and {string.Join(", ", others)} of the same migration {(others.Count == 1 ? "is" : "are")} there",
                    sql: TableSql.Create(migration, table)
                );
            }
            else if (difference.Object == Enum && old.Tables.Contains("api_key"))
            {
                Add(
                    Verdict.InTheWay,
                    difference.Object,
                    null,
                    "it is missing, and the table api_key is there",
                    sql: $"CREATE TYPE public.api_key_status AS ENUM ({_ours.Objects.Single(o => o.Key == Enum).Properties.Single(p => p.Name == "labels").Value});"
                );
            }
            else
            {
                Add(Verdict.Changes, difference.Object, null, $"missing; {migration} makes it");
            }

            return;
        }

        Add(Verdict.Changes, difference.Object, null, "missing; it is made");
    }

    private async Task OfTableAsync(
        NpgsqlConnection connection,
        SchemaDifference difference,
        IReadOnlyList<SchemaDifference> all,
        CancellationToken ct
    )
    {
        var property = difference.Property!;
        var replacement = old.Replaced.FirstOrDefault(r => r.Object == difference.Object && r.Property == property);
        switch (property.Split(' ')[0])
        {
            case "column" when difference.Kind == SchemaDifferenceKind.Extra:
                Keep(
                    difference,
                    difference.Found!.Contains("NOT NULL", StringComparison.Ordinal)
                    && !difference.Found.Contains("DEFAULT", StringComparison.Ordinal)
                    && !difference.Found.Contains("GENERATED", StringComparison.Ordinal)
                        ? "our model does not know it and would not fill it"
                        : null
                );
                break;
            case "column":
                if (await ColumnProblem.OfAsync(connection, difference, ct) is { } problem)
                {
                    AddProblem(difference, problem);
                }
                else
                {
                    Change(difference);
                }

                break;
            case "constraint" when difference.Kind == SchemaDifferenceKind.Extra:
                if (replacement is not null)
                {
                    Add(
                        Verdict.Changes,
                        difference.Object,
                        property,
                        $"gets the name {replacement.Becomes!["constraint ".Length..]}"
                    );
                }
                else
                {
                    Keep(difference);
                }

                break;
            case "constraint":
                if (!old.Replaced.Any(r => r.Object == difference.Object && r.Becomes == property))
                {
                    var name = property["constraint ".Length..];
                    var hasUniqueIndex = all.Any(d =>
                        d.Object == difference.Object
                        && d.Property == $"index {name}"
                        && d.Found is { } found
                        && found.StartsWith("UNIQUE", StringComparison.Ordinal)
                        && !found.EndsWith("INVALID", StringComparison.Ordinal)
                    );
                    AddProblem(difference, await ConstraintProblem.OfAsync(connection, difference, hasUniqueIndex, ct));
                }

                break;
            case "enforcement":
                Add(
                    Verdict.InTheWay,
                    difference.Object,
                    property,
                    "its triggers are disabled: nothing checks new rows",
                    sql: $"ALTER TABLE {difference.Object["table ".Length..]} ENABLE TRIGGER ALL;"
                );
                break;
            case "persistence":
                Add(
                    Verdict.InTheWay,
                    difference.Object,
                    property,
                    "it is unlogged: a crash empties it",
                    sql: $"-- Rewrites the table under its strongest lock.\nALTER TABLE {difference.Object["table ".Length..]} SET LOGGED;"
                );
                break;
            case "index":
                OfIndex(difference, replacement);
                break;
            case "trigger" or "policy":
                if (difference.Kind != SchemaDifferenceKind.Extra || replacement is not null)
                {
                    Change(difference);
                }
                else
                {
                    Keep(difference);
                }

                break;
            case "grant":
                if (_ourRoles.Contains(property["grant to ".Length..], StringComparer.Ordinal))
                {
                    Change(difference);
                }
                else
                {
                    Keep(difference);
                }

                break;
            case "row":
                Change(difference);
                break;
            case "comment" when difference.Kind != SchemaDifferenceKind.Extra:
                Change(difference);
                break;
            case "comment":
                OfComment(difference);
                break;
            default:
                Keep(difference);
                break;
        }
    }

    private void AddProblem(SchemaDifference difference, Finding problem)
    {
        if (LaterVersion.Kept(difference) is not { } kept)
        {
            _findings.Add(problem);
        }
        else if (problem.Rows is null or 0 || accepted.HasFlag(Accepted.LaterRows))
        {
            _kept.Add(kept);
            _findings.Add(LaterVersion.Stays(problem));
        }
        else
        {
            _findings.Add(LaterVersion.InTheWay(problem));
        }
    }

    private void OfIndex(SchemaDifference difference, Replacement? replacement)
    {
        var name = difference.Property!["index ".Length..];
        if (difference.Found is { } found && found.EndsWith("INVALID", StringComparison.Ordinal))
        {
            Add(
                Verdict.InTheWay,
                difference.Object,
                difference.Property,
                "it is invalid, left by a build that failed: every write pays for it and no query uses it",
                sql: $"DROP INDEX CONCURRENTLY public.{name};"
            );
        }
        else if (replacement is { IsDroppedLater: true })
        {
            Add(
                Verdict.Changes,
                difference.Object,
                difference.Property,
                $"{difference.Found} is dropped concurrently: another covers it, or no query of ours uses it"
            );
        }
        else if (replacement is not null)
        {
            Add(
                Verdict.Changes,
                difference.Object,
                difference.Property,
                $"gets the name {replacement.Becomes!["index ".Length..]}"
            );
        }
        else if (difference.Kind == SchemaDifferenceKind.Extra)
        {
            Keep(difference);
        }
        else if (difference.Kind == SchemaDifferenceKind.Different)
        {
            Add(
                Verdict.InTheWay,
                difference.Object,
                difference.Property,
                $"it is {difference.Found}; ours of that name is {difference.Expected}",
                sql: $"ALTER INDEX public.{name} RENAME TO {Quote($"{name.Trim('"')}_before")};"
            );
        }
        else if (!old.Replaced.Any(r => r.Object == difference.Object && r.Becomes == difference.Property))
        {
            Add(
                Verdict.Changes,
                difference.Object,
                difference.Property,
                $"missing; {difference.Expected} is built concurrently"
            );
        }
    }

    // The comment on something that goes away goes with it.
    private void OfComment(SchemaDifference difference)
    {
        var on = difference.Property!["comment".Length..];
        if (
            on.StartsWith(" on ", StringComparison.Ordinal)
            && old.Replaced.FirstOrDefault(r => r.Object == difference.Object && r.Property == on[" on ".Length..])
                is { } replaced
        )
        {
            if (replaced.Becomes is { } becomes && !replaced.IsDroppedLater)
            {
                _kept.Add(difference with { Property = $"comment on {becomes}" });
                Add(Verdict.Stays, difference.Object, $"comment on {becomes}", difference.Found!);
            }

            return;
        }

        Keep(difference);
    }

    private async Task OfOtherAsync(NpgsqlConnection connection, SchemaDifference difference, CancellationToken ct)
    {
        var property = difference.Property!;
        var isOurs =
            KindOf(difference.Object) == "function"
            && property != "owner"
            && (
                !property.StartsWith("grant to ", StringComparison.Ordinal)
                || _ourRoles.Contains(property["grant to ".Length..], StringComparer.Ordinal)
            );
        if (difference.Object == Enum && property == "labels")
        {
            await OfLabelsAsync(connection, difference, ct);
        }
        else if (isOurs && property is "returns" or "arguments")
        {
            Add(
                Verdict.InTheWay,
                difference.Object,
                property,
                $"it is {difference.Found}; ours is {difference.Expected}, and PostgreSQL replaces no function by one that returns something else",
                sql: $"ALTER {difference.Object.Replace("function ", "FUNCTION ", StringComparison.Ordinal)} RENAME TO {difference.Object.Split('.', '(')[1]}_before;"
            );
        }
        else if (isOurs)
        {
            Change(difference);
        }
        else
        {
            Keep(difference);
        }
    }

    private async Task OfLabelsAsync(NpgsqlConnection connection, SchemaDifference difference, CancellationToken ct)
    {
        var expected = difference.Expected!.Split(", ");
        var found = (difference.Found ?? "").Split(", ");
        var missing = expected.Except(found, StringComparer.Ordinal).ToList();
        var what = $"they are {difference.Found}; ours are {difference.Expected}";
        if (missing.Count > 0)
        {
            Add(
                Verdict.InTheWay,
                difference.Object,
                difference.Property,
                what,
                sql: string.Join('\n', missing.Select(label => $"ALTER TYPE public.api_key_status ADD VALUE {label};"))
            );
            return;
        }

        // PostgreSQL takes no label away, and one that no row holds harms nobody.
        var extra = string.Join(", ", found.Except(expected, StringComparer.Ordinal));
        var rows =
            extra.Length == 0 || !old.Tables.Contains("api_key")
                ? 0
                : await RowCount.OfAsync(
                    connection,
                    $"SELECT count(*) FROM public.api_key WHERE status::text IN ({extra})",
                    ct
                );
        if (rows == 0)
        {
            Keep(difference, extra.Length == 0 ? "in another order" : "no row holds one that is not ours");
            return;
        }

        _findings.Add(
            new Finding(
                Verdict.InTheWay,
                difference.Object,
                difference.Property,
                $"{what}. {rows:N0} {(rows == 1 ? "API key has" : "API keys have")} a status that is not ours",
                rows,
                $"-- Nobody signs in with an inactive key. The label itself stays.\nUPDATE public.api_key SET status = 'inactive' WHERE status::text IN ({extra});"
            )
        );
    }

    private void Change(SchemaDifference difference)
    {
        var (expected, found) = difference.InOneLine();
        Add(
            Verdict.Changes,
            difference.Object,
            difference.Property,
            difference.Kind switch
            {
                SchemaDifferenceKind.Missing => difference.Property![..6] is "policy" or "trigge"
                    ? "made"
                    : $"made: {expected}",
                SchemaDifferenceKind.Extra => $"goes: {found}",
                _ => $"{found} becomes {expected}",
            }
        );
    }

    private void Keep(SchemaDifference difference, string? note = null)
    {
        _kept.Add(difference);
        var what = difference.Property is null ? "" : difference.InOneLine().Found;
        Add(Verdict.Stays, difference.Object, difference.Property, note is null ? what : $"{what} ({note})");
    }

    private void Add(Verdict verdict, string @object, string? property, string what, string? sql = null) =>
        _findings.Add(new Finding(verdict, @object, property, what, Sql: sql));

    private bool IsOurTable(string key) => _ours.Objects.Any(o => o.Kind == "table" && o.Key == key);

    private static string KindOf(string key) =>
        key[
            ..key.LastIndexOf(' ', key.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? dot : key.Length - 1)
        ];

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Plural(string what, int count) =>
        count == 1 ? what
        : what == "index" ? "indexes"
        : what == "policy" ? "policies"
        : what + "s";
}
