using CliWrap;
using CliWrap.Buffered;

namespace Data.Migrations.Tests.Tools;

/// <summary><c>dotnet ef migrations add</c> in a copy of this checkout, with an entity that is not in the model yet.</summary>
public sealed class ScaffoldingCommandTests : IAsyncLifetime
{
    private readonly string _copy = Directory.CreateTempSubdirectory("scaffolding-").FullName;

    public async ValueTask InitializeAsync()
    {
        var listed = await Cli.Wrap("git")
            .WithArguments(["ls-files", "--cached", "--others", "--exclude-standard"])
            .WithWorkingDirectory(Repository.Root)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        foreach (var file in listed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Only what dotnet ef builds.
            if (
                file.StartsWith("tests/", StringComparison.Ordinal)
                || file.StartsWith('"')
                || !File.Exists(Repository.PathTo(file))
            )
            {
                continue;
            }

            var target = Path.Combine(_copy, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Repository.PathTo(file), target);
        }

        await File.WriteAllTextAsync(
            Path.Combine(_copy, "src/Data/Entities/Invoice.cs"),
            """
            namespace Data.Entities;

            /// <summary>What somebody owes.</summary>
            public class Invoice
            {
                /// <summary>Its number.</summary>
                public long Id { get; set; }

                /// <summary>When it was written.</summary>
                [System.ComponentModel.DataAnnotations.Schema.Column(TypeName = "timestamp without time zone")]
                public DateTime WrittenAt { get; set; }
            }
            """,
            TestContext.Current.CancellationToken
        );
        var context = Path.Combine(_copy, "src/Data/AppDbContext.cs");
        var code = await File.ReadAllTextAsync(context, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            context,
            code.Replace(
                "    /// <summary>People who can sign in.</summary>\n",
                "    /// <summary>What is owed.</summary>\n    public DbSet<Invoice> Invoices => Set<Invoice>();\n\n"
                    + "    /// <summary>People who can sign in.</summary>\n",
                StringComparison.Ordinal
            ),
            TestContext.Current.CancellationToken
        );
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_copy, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_new_table_begins_closed_and_its_hazards_are_said_at_once()
    {
        foreach (var restore in new string[][] { ["tool", "restore"], ["restore", "Data.Migrations"] })
        {
            var restored = await Tool.RunAsync("dotnet", restore, folder: _copy);
            Assert.True(restored.ExitCode == 0, restored.Said());
        }

        var add = await Tool.RunAsync(
            "dotnet",
            ["ef", "migrations", "add", "AddInvoices", "--project", "Data.Migrations"],
            folder: _copy
        );

        Assert.True(add.ExitCode == 0, add.Said());
        var said = add.StandardOutput + add.StandardError;
        Assert.Contains(
            "Data.Migrations/Sql/AddInvoices/Invoices.row_level_security.up.sql goes with the new table",
            said,
            StringComparison.Ordinal
        );
        Assert.Contains("timestamp-without-zone: A time without a time zone", said, StringComparison.Ordinal);
        Assert.Contains("More: docs/hazards/timestamp-without-zone.md", said, StringComparison.Ordinal);
        // The row-level security that was written beside it counts.
        Assert.DoesNotContain("rls-", said, StringComparison.Ordinal);

        var folder = Path.Combine(_copy, "Data.Migrations");
        var up = await ReadAsync(folder, "Sql/AddInvoices/Invoices.row_level_security.up.sql");
        var down = await ReadAsync(folder, "Sql/AddInvoices/Invoices.row_level_security.down.sql");
        Assert.Contains("ALTER TABLE public.\"Invoices\" ENABLE ROW LEVEL SECURITY;\n", up, StringComparison.Ordinal);
        Assert.EndsWith(
            "REVOKE ALL ON TABLE public.\"Invoices\" FROM PUBLIC, anon, authenticated, service_role;\n",
            up,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "ALTER TABLE public.\"Invoices\" DISABLE ROW LEVEL SECURITY;\n",
            down,
            StringComparison.Ordinal
        );

        var migration = Directory
            .EnumerateFiles(Path.Combine(folder, "Migrations"), "*_AddInvoices.cs")
            .Select(File.ReadAllText)
            .Single();
        const string call = "migrationBuilder.SqlFrom(\"AddInvoices/Invoices.row_level_security\");";
        var (create, drop) = (
            migration.IndexOf("CreateTable(", StringComparison.Ordinal),
            migration.IndexOf("DropTable(", StringComparison.Ordinal)
        );
        var (inUp, inDown) = (
            migration.IndexOf(call, StringComparison.Ordinal),
            migration.LastIndexOf(call, StringComparison.Ordinal)
        );
        Assert.True(create < inUp && inUp < inDown && inDown < drop, migration);

        // As where an entity's configuration is applied nowhere.
        var empty = await Tool.RunAsync(
            "dotnet",
            ["ef", "migrations", "add", "Nothing", "--project", "Data.Migrations"],
            folder: _copy
        );
        Assert.True(empty.ExitCode == 0, empty.Said());
        said = empty.StandardOutput + empty.StandardError;
        Assert.Contains("_Nothing is empty: ", said, StringComparison.Ordinal);
        Assert.Contains("AppDbContext.OnModelCreating", said, StringComparison.Ordinal);
        Assert.DoesNotContain("No hazard was found", said, StringComparison.Ordinal);
    }

    private static Task<string> ReadAsync(string folder, string file) =>
        File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);
}
