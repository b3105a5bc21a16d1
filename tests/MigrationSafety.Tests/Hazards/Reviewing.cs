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

    /// <summary>What is found in one side of an example: in a file, or in the Down of a migration.</summary>
    public static HazardReport Example(HazardExample example, string sql)
    {
        if (example.Up is null)
        {
            return File(example.Schema, sql);
        }

        var review = new HazardReview();
        review.AddSchema(example.Schema);
        // Each statement by itself: what shares a transaction is another hazard's business.
        HazardScript Script(string direction, string text) =>
            new([.. text.Split(";\n").Select(s => new HazardCommand(s) { TransactionSuppressed = true })])
            {
                Migration = "1_Example",
                Direction = direction,
            };
        return review.Review([Script("Up", example.Up) with { IsHistory = true }, Script("Down", sql)]);
    }

    public static string[] Ids(string schema, string sql, HazardOptions? options = null) =>
        [.. File(schema, sql, options).Findings.Select(f => f.Hazard)];

    public static HazardScript Migration(string id, params string[] commands) =>
        new([.. commands.Select(sql => new HazardCommand(sql))]) { Migration = id, Direction = "Up" };
}
