using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>TRUNCATE … CASCADE.</summary>
internal sealed class TruncateCascade : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "truncate-cascade",
            HazardGroup.LosesData,
            "All rows are thrown away, in every table that refers to this one too",
            "With CASCADE, TRUNCATE empties every table with a foreign key to this one, and every table with a foreign key to those, whatever ON DELETE "
                + "says. Committed, no way leads back but a backup.",
            "ACCESS EXCLUSIVE on all of these tables: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));",
                    "TRUNCATE users CASCADE;",
                    null
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not Truncate { Cascade: true } truncate || !truncate.Tables.Any(context.IsInUse))
        {
            yield break;
        }

        var tables = truncate.Tables.Select(context.Schema.Resolve).ToHashSet();
        var all = Reaches(context.Schema, tables);
        var others = all.Except(tables).Select(t => context.Shown(t)).Order(StringComparer.Ordinal).ToList();
        var named = string.Join(", ", truncate.Tables.Select(context.Shown));
        yield return new Found(
            statement,
            context.Shown(truncate.Tables[0]),
            $"All rows of {named} are gone, and with them all rows of "
                + (others.Count > 0 ? string.Join(", ", others) : "every table that refers to it")
                + ". Only a backup brings them back.",
            Instead.Remarks(
                context,
                "name each table whose rows may go, without CASCADE: PostgreSQL then refuses where one was forgotten.",
                $"take a backup first: pg_dump --data-only {string.Join(' ', all.Select(t => $"--table={t}").Order(StringComparer.Ordinal))}"
            )
        );
    }

    private static HashSet<ObjectName> Reaches(SchemaState schema, HashSet<ObjectName> tables)
    {
        var all = tables.ToHashSet();
        while (
            schema
                .Tables.Values.Where(t =>
                    !all.Contains(t.Name)
                    && t.Constraints.Any(c =>
                        c is { Kind: ConstraintKind.ForeignKey, References: { } to } && all.Contains(to)
                    )
                )
                .Select(t => t.Name)
                .ToList()
                is { Count: > 0 } more
        )
        {
            all.UnionWith(more);
        }

        return all;
    }
}
