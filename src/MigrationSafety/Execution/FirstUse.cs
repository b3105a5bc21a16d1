using System.Reflection;
using System.Runtime.CompilerServices;
using MigrationSafety.Hazards;

namespace MigrationSafety.Execution;

/// <summary>
/// What is costly only the first time in a process is done beside the run, on migrations that mean nothing, while EF Core connects and
/// builds the models and the SQL of the real ones: by then the steps and the checks are compiled.
/// </summary>
internal static class FirstUse
{
    // What most migrations hold.
    private const string Sql = """
        CREATE SCHEMA a;
        CREATE TABLE a.teams (id bigint GENERATED ALWAYS AS IDENTITY, name text NOT NULL DEFAULT 'x', CONSTRAINT teams_pkey PRIMARY KEY (id));
        CREATE TABLE a.users (id bigint PRIMARY KEY, team_id bigint REFERENCES a.teams (id) ON DELETE CASCADE, CHECK (id > 0));
        CREATE UNIQUE INDEX users_team_idx ON a.users USING btree (team_id, lower(name)) WHERE id > 0;
        ALTER TABLE a.users ADD COLUMN state integer NOT NULL DEFAULT 0, ALTER COLUMN id TYPE bigint, DROP COLUMN name;
        ALTER TABLE a.users ADD CONSTRAINT users_fkey FOREIGN KEY (team_id) REFERENCES a.teams (id) NOT VALID;
        CREATE FUNCTION a.count_users() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM a.users $$;
        CREATE POLICY own ON a.users FOR SELECT TO PUBLIC USING (id = (SELECT a.count_users()));
        GRANT SELECT ON a.users TO application;
        DO $$ BEGIN UPDATE a.users SET state = 1 WHERE id = 2; END $$;
        INSERT INTO a.teams (id, name) VALUES (1, 'x'); DELETE FROM a.teams WHERE id = 1; DROP TABLE a.teams;
        """;

    private static readonly string[] Stations =
    [
        "MigrationSafety.Execution.",
        "MigrationSafety.Guards.",
        "MigrationSafety.Journal.",
        "MigrationSafety.Locking.",
    ];

    private static readonly Lazy<Task> OfSteps = new(() => Task.Run(Compile));

    private static readonly Lazy<Task> OfReviews = new(() =>
        Task.Run(static () =>
            new HazardReview().Review([
                new HazardScript([new HazardCommand(Sql)]) { Migration = "0_First", Direction = "Up" },
            ])
        )
    );

    /// <summary>Begins with what every run needs.</summary>
    public static void Begin() => Begin(OfSteps);

    /// <summary>Begins with what a run needs that has something to do.</summary>
    public static void BeginReview() => Begin(OfReviews);

    /// <summary>Ends when all of it is done, and fails where any of it does: a run itself never asks.</summary>
    public static Task AllAsync() => Task.WhenAll(OfSteps.Value, OfReviews.Value);

    // With one processor it would only be done twice.
    private static void Begin(Lazy<Task> use)
    {
        if (Environment.ProcessorCount > 1)
        {
            _ = use.Value;
        }
    }

    private static void Compile()
    {
        var types = LoadableTypes
            .All()
            // By the full name: whoever asks a nested type for its namespace loads the type around it, which may not be there.
            .Where(type =>
                Stations.Any(station => type.FullName?.StartsWith(station, StringComparison.Ordinal) == true)
                && !type.ContainsGenericParameters
            );
        foreach (
            var method in types.SelectMany(type =>
                type.GetMethods(
                    BindingFlags.DeclaredOnly
                        | BindingFlags.Instance
                        | BindingFlags.Static
                        | BindingFlags.Public
                        | BindingFlags.NonPublic
                )
            )
        )
        {
            if (method is { IsAbstract: false, ContainsGenericParameters: false })
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
        }
    }
}
