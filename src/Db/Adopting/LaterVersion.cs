using System.Text.RegularExpressions;
using Data.Migrations.Adopting;
using Db.Commands;
using MigrationSafety.Schema;

namespace Db.Adopting;

/// <summary>
/// Where later versions of the application allow more than ours: audit rows of calls without a key, and more roles. Their releases
/// write such rows, so that making ours of it would stop them. It stays until a migration of ours says otherwise.
/// </summary>
internal static partial class LaterVersion
{
    /// <summary>What the difference says once the defaults are ours; null where no later version of the application made it.</summary>
    public static SchemaDifference? Kept(SchemaDifference difference)
    {
        if (difference.Kind != SchemaDifferenceKind.Different)
        {
            return null;
        }

        return (difference.Object, difference.Property) switch
        {
            ("table public.api_audit_log", "column \"apiKeyId\"")
                when AdoptedSchema.Column(difference.Found!) is { Type: "text", IsRequired: false } => difference with
            {
                Found = "text",
            },
            ("table public.users", "constraint check_users_role")
                when Labels(difference.Found!) is { } found
                    && Labels(difference.Expected!) is { } expected
                    && expected.IsSubsetOf(found) => difference,
            _ => null,
        };
    }

    /// <summary>A problem that is none, because no row has to be mended or because the rows were accepted.</summary>
    public static Finding Stays(Finding problem) =>
        problem with
        {
            Verdict = Verdict.Stays,
            What =
                $"looser than ours, as later versions of the application need it: {problem.What}. A release of yours that reads "
                + "such rows by our model needs a migration that adds them",
            Sql = null,
        };

    /// <summary>A problem with rows, with the way to let them be.</summary>
    public static Finding InTheWay(Finding problem) =>
        problem with
        {
            Sql =
                "-- Later versions of the application write such rows. Where yours does, do not run this; let them stay: "
                + ToolCommand.OnDatabase(["adopt", "--allow-later-rows"])
                + "\n"
                + problem.Sql,
        };

    // A plain list of values, and nothing besides.
    private static HashSet<string>? Labels(string definition) =>
        PlainList().Match(definition) is { Success: true } match
            ? match.Groups["label"].Captures.Select(capture => capture.Value).ToHashSet(StringComparer.Ordinal)
            : null;

    [GeneratedRegex(@"^CHECK \(\(role = ANY \(ARRAY\[('(?<label>[^']*)'::text(, )?)+\]\)\)\)$")]
    private static partial Regex PlainList();
}
