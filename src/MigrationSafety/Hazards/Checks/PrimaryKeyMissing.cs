using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A table without a primary key.</summary>
internal sealed class PrimaryKeyMissing : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "primary-key-missing",
            HazardGroup.CostsForEver,
            "A table without a primary key",
            "Without a primary key nothing tells two equal rows apart: a row that was written twice can be neither found nor removed by name, "
                + "logical replication refuses to carry UPDATE and DELETE, and tools that change tables in batches have nothing to go by. Adding "
                + "one to a full table later is work.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE TABLE events (happened_at timestamptz NOT NULL, what text NOT NULL);",
                    "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, happened_at timestamptz NOT NULL, what text NOT NULL);"
                ),
            ]
        );

    public override bool LooksAtDown => false;

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var table in context.ChangedTables)
        {
            if (
                !(table.IsKnown || context.OfTable(table.Name) is { Statement: CreateTable { AsQuery: not null } })
                || !context.IsMadeHere(table.CreatedIn)
                || table.Persistence == Persistence.Temporary
                || table.IsForeign
                || table.PartitionOf is not null
                || table.PrimaryKey is not null
                || context.OfTable(table.Name) is not { Statement: CreateTable create } origin
                // What a parent or a copied table gives is not seen here. A query gives no key.
                || create.Like.Count > 0
                || create.Inherits.Count > 0
            )
            {
                continue;
            }

            var shown = context.Shown(table.Name);
            yield return new Found(
                origin,
                shown,
                $"Two equal rows of {shown} cannot be told apart, and replication cannot carry their changes.",
                context.IsMigration
                    ? "table.Column<long>(type: \"bigint\", nullable: false).Annotation(\"Npgsql:ValueGenerationStrategy\", "
                        + "NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),   // and, below: table.PrimaryKey(…)"
                    : "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
            );
        }
    }
}
