using MigrationSafety.Hazards;

namespace MigrationSafety.Tests.Hazards;

internal static class Reviewing
{
    public static HazardReport File(string schema, string sql, HazardOptions? options = null)
    {
        var review = new HazardReview(options);
        review.AddSchema(schema);
        return review.Review([HazardScript.OfFile("change.sql", sql)]);
    }

    public static string[] Ids(string schema, string sql, HazardOptions? options = null) =>
        [.. File(schema, sql, options).Findings.Select(f => f.Hazard)];

    public static HazardScript Migration(string id, params string[] commands) =>
        new([.. commands.Select(sql => new HazardCommand(sql))]) { Migration = id, Direction = "Up" };
}
