using System.Text;
using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A name of more than 63 bytes.</summary>
internal sealed class NameTooLong : HazardCheck
{
    private const int Longest = 63;

    public override Hazard Hazard { get; } =
        new(
            "name-too-long",
            HazardGroup.LeavesAMess,
            "A name is cut without a word",
            "PostgreSQL keeps 63 bytes of a name and cuts the rest, with no more than a notice that nobody reads. Two names that differ behind the 63rd byte "
                + "collide, and whoever looks for the name as it was written (a later migration, a tool that compares schemas) does not find it.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "CREATE INDEX CONCURRENTLY ix_users_email_for_the_search_by_the_beginning_of_the_address_and_by_id ON users (email);",
                    "CREATE INDEX CONCURRENTLY ix_users_email ON users (email);"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement
                is QueryStatement
                    or DoBlock
                    or UnknownStatement
                    or CommentStatement
                    or Copy
                    or SetParameter
            // Looking is cheaper than reading the statement again.
            || Encoding.UTF8.GetByteCount(statement.Text) <= Longest
        )
        {
            yield break;
        }

        var body = statement.Statement is CreateRoutine or CreateView ? 40 : int.MaxValue;
        foreach (
            var name in SqlLexer
                .Read(statement.Text)
                .Take(body)
                .Where(t =>
                    t.IsName
                    && Encoding.UTF8.GetByteCount(t.Name) > Longest
                    && !t.Name.Contains("…", StringComparison.Ordinal)
                )
                .Select(t => t.Name)
                .Distinct()
        )
        {
            var cut = Cut(name);
            yield return new Found(
                statement,
                null,
                $"{ObjectName.Quoted(name)} has {Encoding.UTF8.GetByteCount(name)} bytes. PostgreSQL keeps 63 and calls it {ObjectName.Quoted(cut)}, with a notice that nobody reads.",
                context.IsMigration
                    ? $"// a shorter name in the configuration, for example .HasDatabaseName({CSharp.Literal(Shorter(name))}) or .HasConstraintName(…),\n// then: dotnet ef migrations remove, and add again."
                    : $"-- a shorter name: {ObjectName.Quoted(Shorter(name))}"
            );
        }
    }

    private static string Cut(string name)
    {
        var length = name.Length;
        while (Encoding.UTF8.GetByteCount(name.AsSpan(0, length)) > Longest)
        {
            length--;
        }

        return name[..length];
    }

    private static string Shorter(string name) => Cut(name)[..Math.Min(40, Cut(name).Length)].TrimEnd('_');
}
