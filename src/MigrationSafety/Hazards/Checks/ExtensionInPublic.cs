using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An extension whose functions land in the schema that an API serves.</summary>
internal sealed class ExtensionInPublic : HazardCheck
{
    // These choose their schema themselves.
    private static readonly HashSet<string> WithSchemaOfTheirOwn =
    [
        "plpgsql",
        "plperl",
        "plperlu",
        "plpython3u",
        "pltcl",
        "plv8",
        "pg_cron",
        "pg_net",
        "pg_graphql",
        "pgmq",
        "pgsodium",
        "supabase_vault",
        "postgis_topology",
        "postgis_tiger_geocoder",
        "citus",
        "pg_partman_bgw",
    ];

    public override Hazard Hazard { get; } =
        new(
            "extension-in-public",
            HazardGroup.OpensADoor,
            "An extension in the schema public",
            "The functions of an extension go where CREATE EXTENSION says, and without a schema into public. Everybody may call them there by "
                + "name; where an API serves public, strangers may too, and dblink or http let them reach other servers. A schema of its own "
                + "keeps them out of the API, and out of the way of your own names.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE EXTENSION IF NOT EXISTS pgcrypto;",
                    """
                    CREATE SCHEMA IF NOT EXISTS extensions;
                    CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA extensions;
                    """
                ),
            ]
        );

    // Whoever takes an extension back in a Down had it before.
    public override bool LooksAtDown => false;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not CreateExtension create
            || WithSchemaOfTheirOwn.Contains(create.Name)
            || !context.Options.ExposedSchemas.Contains("public")
            || (create.Schema ?? context.Schema.SearchPath.FirstOrDefault() ?? "public") != "public"
        )
        {
            yield break;
        }

        var name = ObjectName.Quoted(create.Name);
        yield return new Found(
            statement,
            name,
            $"The functions of {name} land in public, where everybody may call them, through an API too where one serves public.",
            context.IsMigration
                ? $"modelBuilder.HasPostgresExtension(\"extensions\", {CSharp.Literal(create.Name)});   // in the model; or as SQL:\n"
                    + CSharp.Sql(
                        $"CREATE SCHEMA IF NOT EXISTS extensions;\nCREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions;"
                    )
                : $"CREATE SCHEMA IF NOT EXISTS extensions;\nCREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions;"
        );
    }
}
