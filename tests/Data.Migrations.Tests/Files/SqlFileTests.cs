using System.Text.RegularExpressions;

namespace Data.Migrations.Tests.Files;

/// <summary>Raw SQL of the migrations: every object has both directions, belongs to one migration, and runs everywhere.</summary>
public sealed partial class SqlFileTests
{
    private static readonly string[] Files =
    [
        .. Directory
            .EnumerateFiles(Repository.PathTo("Data.Migrations", "Sql"), "*.sql", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.PathTo("Data.Migrations", "Sql"), file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_object_has_an_up_and_a_down()
    {
        Assert.NotEmpty(Files);
        var lonely = Files.Where(file =>
            !Files.Contains(
                file.EndsWith(".up.sql", StringComparison.Ordinal)
                    ? file.Replace(".up.sql", ".down.sql", StringComparison.Ordinal)
                    : file.Replace(".down.sql", ".up.sql", StringComparison.Ordinal)
            )
        );
        Assert.Empty(lonely);
    }

    [Fact]
    public void Every_file_is_run_by_the_migration_its_folder_is_named_after()
    {
        var run = Directory
            .EnumerateFiles(Repository.PathTo("Data.Migrations", "Migrations"), "*.cs")
            .Where(file => !file.EndsWith(".Designer.cs", StringComparison.Ordinal))
            .SelectMany(file =>
                SqlFrom()
                    .Matches(File.ReadAllText(file))
                    .Select(match => (Migration: Name().Match(file).Groups[1].Value, Object: match.Groups[1].Value))
            )
            .GroupBy(use => use.Object)
            .ToList();

        Assert.All(run, uses => Assert.Equal(2, uses.Count()));
        Assert.All(run, uses => Assert.All(uses, use => Assert.StartsWith($"{use.Migration}/", use.Object)));
        Assert.Equal(
            Files,
            run.SelectMany(uses => new[] { $"{uses.Key}.down.sql", $"{uses.Key}.up.sql" }).Order(StringComparer.Ordinal)
        );
    }

    // psql and Supabase's editor run them as they are, and an idempotent script puts them inside a PL/pgSQL block.
    [Fact]
    public void Every_file_ends_its_last_statement_and_begins_no_transaction()
    {
        foreach (var file in Files)
        {
            var sql = File.ReadAllText(Repository.PathTo("Data.Migrations", "Sql", file));
            Assert.True(sql.EndsWith(";\n", StringComparison.Ordinal), $"{file} must end with ';' and a line feed.");
            Assert.False(TransactionControl().IsMatch(sql), $"{file} must not begin or end a transaction.");
        }
    }

    [GeneratedRegex("""SqlFrom\("([^"]+)"\)""")]
    private static partial Regex SqlFrom();

    [GeneratedRegex(@"\d{14}_(\w+)\.cs$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\s*;", RegexOptions.Multiline)]
    private static partial Regex TransactionControl();
}
