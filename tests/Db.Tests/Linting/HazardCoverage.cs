using MigrationSafety.Hazards;
using static MigrationSafety.Hazards.HazardGroup;

namespace Db.Tests.Linting;

/// <summary>One thing that can go wrong, and what keeps it from doing so.</summary>
/// <param name="Group">What goes wrong.</param>
/// <param name="What">The thing.</param>
/// <param name="Checks">The checks that name it.</param>
/// <param name="Rewritten">What the rails write instead, or null.</param>
/// <param name="Seen">What finds it by looking at a server, or null.</param>
internal sealed record CoveredHazard(
    HazardGroup Group,
    string What,
    IReadOnlyList<string> Checks,
    string? Rewritten = null,
    string? Seen = null
);

/// <summary>Everything that strong_migrations, online_migrations, squawk, Atlas, eugene and Supabase's advisors look for, and more.</summary>
internal static class HazardCoverage
{
    private const string Trace = "`db trace`: locks, rewrites and scans";

    public static IReadOnlyList<CoveredHazard> Lines { get; } =
    [
        new(
            BlocksTheApplication,
            "create index not concurrently",
            ["index-not-concurrent"],
            "CREATE INDEX CONCURRENTLY",
            Trace
        ),
        new(
            BlocksTheApplication,
            "drop index not concurrently",
            ["drop-index-not-concurrent"],
            "DROP INDEX CONCURRENTLY",
            Trace
        ),
        new(
            BlocksTheApplication,
            "reindex, refresh materialized view, detach partition not concurrently",
            ["reindex-not-concurrent", "refresh-not-concurrent", "detach-not-concurrent"],
            null,
            Trace
        ),
        new(
            BlocksTheApplication,
            "foreign key validated at once",
            ["foreign-key-validated-at-once"],
            "NOT VALID, then VALIDATE",
            Trace
        ),
        new(
            BlocksTheApplication,
            "check validated at once, of a table or a domain",
            ["check-validated-at-once", "domain-constraint-validated-at-once"],
            "NOT VALID, then VALIDATE",
            Trace
        ),
        new(
            BlocksTheApplication,
            "unique or primary key that builds its index",
            ["unique-not-using-index", "primary-key-not-using-index"],
            "concurrent index, then USING INDEX",
            Trace
        ),
        new(BlocksTheApplication, "exclusion constraint", ["exclusion-constraint"], null, Trace),
        new(
            BlocksTheApplication,
            "set not null by scan",
            ["set-not-null-scans"],
            "a valid check first; on PostgreSQL 18 NOT NULL NOT VALID",
            Trace
        ),
        new(
            BlocksTheApplication,
            "column with a volatile default, identity, serial or stored generated",
            ["add-column-rewrites"],
            "a volatile default apart from the column, filled in portions",
            Trace
        ),
        new(BlocksTheApplication, "change of a type that writes the table anew", ["change-type-rewrites"], null, Trace),
        new(
            BlocksTheApplication,
            "attach partition without a matching check",
            ["attach-partition-without-check"],
            null,
            Trace
        ),
        new(
            BlocksTheApplication,
            "vacuum full, cluster, moving a table",
            ["vacuum-full", "cluster", "move-table-rewrites"],
            null,
            Trace
        ),
        new(
            BlocksTheApplication,
            "lock on many tables in one transaction",
            ["many-tables-in-one-transaction", "lock-table-explicitly"],
            null,
            Trace
        ),
        new(
            BlocksTheApplication,
            "backfill and schema change in one transaction",
            ["backfill-with-schema-change"],
            "filled in portions",
            Trace
        ),
        new(
            BlocksTheApplication,
            "unbatched update or delete of a whole table",
            ["unbatched-update", "unbatched-delete"],
            null,
            "`db trace`: rows touched"
        ),
        new(
            BlocksTheApplication,
            "validation in the transaction of its NOT VALID",
            ["validate-with-not-valid"],
            "transactions of their own",
            Trace
        ),
        new(
            BlocksTheApplication,
            "lock behind a long-running transaction",
            [],
            null,
            "every run: lock time-out, tried again; a long transaction is refused"
        ),
        new(
            BreaksTheRunningRelease,
            "drop column, table, view, function, type, schema or extension in use",
            [
                "drop-column",
                "drop-table",
                "drop-view",
                "drop-function",
                "drop-type",
                "drop-schema",
                "drop-extension",
                "drop-database",
            ],
            null,
            "`db trace`: objects dropped, the previous model on the new schema"
        ),
        new(BreaksTheRunningRelease, "enum label removed", ["enum-label-removed"]),
        new(
            BreaksTheRunningRelease,
            "rename column, table, schema, function, enum value; move to another schema",
            [
                "rename-column",
                "rename-table",
                "rename-schema",
                "rename-function",
                "rename-enum-value",
                "rename-type",
                "move-to-schema",
            ],
            null,
            "`db trace`: the previous model on the new schema"
        ),
        new(
            BreaksTheRunningRelease,
            "required column without default",
            ["required-column-without-default"],
            null,
            "`db trace`: the previous model on the new schema"
        ),
        new(BreaksTheRunningRelease, "column narrowed", ["narrowed-column"]),
        new(
            BreaksTheRunningRelease,
            "default removed",
            ["default-removed"],
            null,
            "`db trace`: the previous model on the new schema"
        ),
        new(
            BreaksTheRunningRelease,
            "unique or check that today's writers violate",
            ["unique-rejects-writes", "check-rejects-writes"]
        ),
        new(
            BreaksTheRunningRelease,
            "not null that today's writers do not fill",
            ["not-null-rejects-writes"],
            null,
            "`db trace`: the previous model on the new schema"
        ),
        new(BreaksTheRunningRelease, "trigger disabled", ["trigger-disabled"]),
        new(
            LosesData,
            "drop column or table that holds rows",
            ["drop-column", "drop-table"],
            null,
            "every way down: rows are counted and refused"
        ),
        new(
            LosesData,
            "truncate, truncate cascade, delete without where",
            ["truncate-table", "truncate-cascade", "delete-without-where"]
        ),
        new(LosesData, "narrowing conversion", ["narrowing-conversion"]),
        new(
            LosesData,
            "Down that drops what later writes filled",
            ["down-loses-data"],
            null,
            "every way down: rows are counted and refused"
        ),
        new(LosesData, "drop … cascade", ["drop-cascade"], null, "`db trace`: objects dropped"),
        new(
            LeavesAMess,
            "suppressed transaction without a step that can be repeated",
            ["suppressed-not-repeatable"],
            "steps that can be repeated, in the journal"
        ),
        new(LeavesAMess, "concurrently inside a transaction", ["concurrently-in-transaction"]),
        new(
            LeavesAMess,
            "IF NOT EXISTS on a concurrent index",
            ["if-not-exists-on-concurrent-index"],
            null,
            "every run: invalid indexes are refused"
        ),
        new(LeavesAMess, "enum value added and used in one migration", ["enum-value-added-and-used"]),
        new(
            LeavesAMess,
            "BEGIN and COMMIT in raw SQL",
            ["transaction-control-in-migration"],
            null,
            "every run: refused"
        ),
        new(LeavesAMess, "time-out reset in raw SQL", ["timeout-reset"]),
        new(LeavesAMess, "edited, removed or out-of-order migration", [], null, "every run: refused"),
        new(LeavesAMess, "name over 63 bytes", ["name-too-long"]),
        new(LeavesAMess, "acceptance that matches nothing", ["acceptance-unmatched"]),
        new(
            OpensADoor,
            "table without RLS in an exposed schema",
            ["rls-missing"],
            "`migrations add` writes it beside a new table"
        ),
        new(OpensADoor, "RLS on without policy", ["rls-without-policy"]),
        new(OpensADoor, "policy on a table whose RLS is off", ["policy-without-rls"]),
        new(OpensADoor, "policy `true` for writes", ["policy-always-true"]),
        new(OpensADoor, "policy that calls a volatile or per-row function", ["policy-function-per-row"]),
        new(OpensADoor, "several permissive policies for one role and action", ["policies-overlap"]),
        new(
            OpensADoor,
            "SECURITY DEFINER without pinned search_path, or executable by API roles",
            ["security-definer-search-path", "security-definer-exposed"]
        ),
        new(OpensADoor, "view that runs as its owner", ["view-bypasses-rls"]),
        new(OpensADoor, "extension in public", ["extension-in-public"]),
        new(OpensADoor, "grant to PUBLIC or anon", ["grant-to-everybody"]),
        new(OpensADoor, "default privileges that grant by themselves", ["default-privileges-grant"]),
        new(
            OpensADoor,
            "sample data or a credential in a migration",
            ["sample-data-in-migration", "credential-in-migration"]
        ),
        new(CostsForEver, "foreign key without index", ["foreign-key-without-index"]),
        new(CostsForEver, "duplicate or prefix-duplicate index", ["duplicate-index"]),
        new(CostsForEver, "no primary key", ["primary-key-missing"]),
        new(CostsForEver, "int key that will overflow", ["int-key-overflow"]),
        new(CostsForEver, "timestamp without zone", ["timestamp-without-zone"]),
        new(CostsForEver, "char(n), money, json instead of jsonb", ["char-type", "money-type", "json-type"]),
        new(CostsForEver, "index over more than three columns", ["wide-index"]),
        new(CostsForEver, "unused index", ["unused-index"], null, "`db lint --live`: the server's own statistics"),
    ];
}
