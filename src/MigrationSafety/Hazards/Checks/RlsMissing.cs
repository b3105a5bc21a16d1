using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A table in a schema that an API serves, without row-level security.</summary>
internal sealed class RlsMissing : HazardCheck
{
    private const string Served = """
        CREATE TABLE users (id bigint PRIMARY KEY);
        ALTER TABLE users ENABLE ROW LEVEL SECURITY;
        CREATE POLICY users_read ON users FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
        """;

    public override Hazard Hazard { get; } =
        new(
            "rls-missing",
            HazardGroup.OpensADoor,
            "A table without row-level security in a schema that an API serves",
            "Whoever can call the API can ask it for any table of the schemas it serves. Row-level security is what keeps a stranger to "
                + "their own rows; a table without it gives all rows to every role that has a grant, and on Supabase default privileges "
                + "grant everything on every new table. With row-level security on and no policy yet, nobody but the owner sees a row: that is "
                + "the safe beginning.",
            null,
            [
                new HazardExample(
                    Served,
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL, total numeric NOT NULL);",
                    """
                    CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL, total numeric NOT NULL);
                    ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY invoices_read ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
                    """
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        if (!context.IsServed())
        {
            yield break;
        }

        foreach (var table in context.ChangedTables)
        {
            if (
                table.RowLevelSecurity
                || table.Persistence == Persistence.Temporary
                || table.PartitionOf is not null
                || !context.IsExposed(table.Name)
            )
            {
                continue;
            }

            var off = context.OfRowLevelSecurity(table.Name, enabled: false);
            // Whatever gave it its columns: row-level security comes along with none.
            var made = context.IsMadeHere(table.CreatedIn) ? context.OfTable(table.Name) : null;
            var origin = off ?? (made is { Statement: CreateTable } ? made : null);
            // Where it was never on, PolicyWithoutRls speaks of a table with policies.
            if (origin is null || (off is null && (!table.Policies.IsEmpty || context.IsClosed(table.Name))))
            {
                continue;
            }

            var shown = context.Shown(table.Name);
            yield return new Found(
                origin,
                shown,
                off is null
                    ? $"{shown} has no row-level security: every role of the API that has a grant on it, now or by default privileges, reads and "
                        + "changes everybody's rows."
                    : $"Row-level security of {shown} is switched off: its policies no longer count, and every role of the API that has a grant "
                        + "on it reads and changes everybody's rows.",
                context.AsWritten($"ALTER TABLE {table.Name} ENABLE ROW LEVEL SECURITY;")
                    + "\n// then a policy for each role and command that is meant, for example:\n".Replace(
                        "//",
                        context.IsMigration ? "//" : "--",
                        StringComparison.Ordinal
                    )
                    + context.AsWritten(
                        $"CREATE POLICY {ObjectName.Quoted(table.Name.Name + "_read")} ON {table.Name} FOR SELECT TO authenticated USING (…);"
                    )
            );
        }
    }
}
