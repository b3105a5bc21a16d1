namespace MigrationSafety.Execution;

/// <summary>A relation's oid by its name as it is written, as SQL for one of the rails' own statements; null where there is none.</summary>
/// <remarks>
/// to_regclass is an error where the role may not use the name's schema, and one such name would keep everything else from being said.
/// </remarks>
internal static class RelationOid
{
    public static string Of(string name) =>
        $"""
            CASE WHEN position('.' IN {name}) = 0 OR cardinality(parse_ident({name}, false)) = 1 THEN to_regclass({name})::oid
                 ELSE (SELECT named.oid FROM pg_class named JOIN pg_namespace place ON place.oid = named.relnamespace
                       WHERE place.nspname = (parse_ident({name}, false))[1]::name
                         AND named.relname = (parse_ident({name}, false))[2]::name) END
            """;
}
