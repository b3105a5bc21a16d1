using System.Globalization;
using System.Text;

namespace Benchmarks.Bundle;

/// <summary>
/// A program with as many migrations as asked for, each with the model beside it as <c>dotnet ef migrations add</c> writes it, and one
/// argument that decides whether the rails are put on. Nothing else differs between the two.
/// </summary>
internal static class GeneratedMigrations
{
    private const int Entities = 8;

    /// <summary>Writes the program's source into a directory.</summary>
    public static async Task WriteAsync(DirectoryInfo directory, int count, CancellationToken ct)
    {
        await WriteAsync("Generated.csproj", Project());
        await WriteAsync("Program.cs", Program);
        await WriteAsync("GeneratedContext.cs", Context());
        await WriteAsync("Snapshot.cs", Snapshot());
        for (var number = 1; number <= count; number++)
        {
            await WriteAsync($"Migration{number}.cs", Migration(number));
        }

        Task WriteAsync(string name, string text) =>
            File.WriteAllTextAsync(Path.Combine(directory.FullName, name), text, ct);
    }

    // The assemblies that this benchmark was built with: nothing is restored.
    private static string Project() =>
        $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
                <UseAppHost>true</UseAppHost>
              </PropertyGroup>
              <ItemGroup>
                <Reference Include="{AppContext.BaseDirectory}Microsoft.E*.dll" />
                <Reference Include="{AppContext.BaseDirectory}Npgsql*.dll" />
                <Reference Include="{AppContext.BaseDirectory}MigrationSafety.dll" />
              </ItemGroup>
            </Project>
            """;

    private const string Program = """
        using System.Globalization;
        using Generated;
        using Microsoft.EntityFrameworkCore;

        using (var context = new GeneratedContext(rails: args[0] == "rails", args[1]))
        {
            if (args.Length > 2)
            {
                context.Database.Migrate(args[2]);
            }
            else
            {
                context.Database.Migrate();
            }
        }

        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{self.PeakWorkingSet64} {(long)self.TotalProcessorTime.TotalMilliseconds}"
            )
        );
        """;

    private static string Context()
    {
        var text = new StringBuilder(
            """
            using Microsoft.EntityFrameworkCore;
            using Microsoft.EntityFrameworkCore.Infrastructure;
            namespace Generated;

            public sealed class GeneratedContext(bool rails, string connectionString) : DbContext
            {
                protected override void OnConfiguring(DbContextOptionsBuilder options)
                {
                    options.UseNpgsql(connectionString);
                    if (rails)
                    {
                        options.UseMigrationSafety();
                    }
                }

                protected override void OnModelCreating(ModelBuilder modelBuilder)
                {

            """
        );
        for (var entity = 1; entity <= Entities; entity++)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $$"""
                        modelBuilder.SharedTypeEntity<Dictionary<string, object>>("Generated.Entity{{entity}}", b =>
                        {
                            b.IndexerProperty<int>("Id").HasColumnName("id");
                            b.IndexerProperty<string>("Name").HasColumnName("name");
                            b.IndexerProperty<DateTime>("CreatedAt").HasColumnName("created_at");
                            b.HasKey("Id");
                            b.HasIndex("Name");
                            b.ToTable("entity{{entity}}");
                        });
                """
            );
        }

        return text.AppendLine("    }").AppendLine("}").ToString();
    }

    private static string Snapshot() =>
        $$"""
            using Microsoft.EntityFrameworkCore;
            using Microsoft.EntityFrameworkCore.Infrastructure;
            using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
            namespace Generated;

            [DbContext(typeof(GeneratedContext))]
            public sealed class Snapshot : ModelSnapshot
            {
                protected override void BuildModel(ModelBuilder modelBuilder)
                {
            {{Model()}}    }
            }
            """;

    private static string Migration(int number)
    {
        var (up, down) = Operations(number);
        return $$"""
            using System;
            using Microsoft.EntityFrameworkCore;
            using Microsoft.EntityFrameworkCore.Infrastructure;
            using Microsoft.EntityFrameworkCore.Migrations;
            using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
            namespace Generated;

            [DbContext(typeof(GeneratedContext))]
            [Migration("{{20260101000000 + number}}_Migration{{number}}")]
            public partial class Migration{{number}} : Migration
            {
                protected override void Up(MigrationBuilder migrationBuilder)
                {
            {{up}}
                }

                protected override void Down(MigrationBuilder migrationBuilder)
                {
            {{down}}
                }

                protected override void BuildTargetModel(ModelBuilder modelBuilder)
                {
            {{Model()}}    }
            }
            """;
    }

    // A new table, then a column, an index, a function and a filled column for it.
    private static (string Up, string Down) Operations(int number)
    {
        var table = $"table{(number + 4) / 5}";
        return ((number - 1) % 5) switch
        {
            0 => (
                $$"""
                        migrationBuilder.CreateTable(
                            name: "{{table}}",
                            columns: table => new
                            {
                                id = table.Column<int>(type: "integer", nullable: false)
                                    .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                                name = table.Column<string>(type: "text", nullable: false),
                                created_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                            },
                            constraints: table =>
                            {
                                table.PrimaryKey("PK_{{table}}", x => x.id);
                            });
                """,
                $"""        migrationBuilder.DropTable(name: "{table}");"""
            ),
            1 => (
                $"""        migrationBuilder.AddColumn<string>(name: "note", table: "{table}", type: "text", nullable: true);""",
                $"""        migrationBuilder.DropColumn(name: "note", table: "{table}");"""
            ),
            2 => (
                $"""        migrationBuilder.CreateIndex(name: "IX_{table}_name", table: "{table}", column: "name");""",
                $"""        migrationBuilder.DropIndex(name: "IX_{table}_name", table: "{table}");"""
            ),
            3 => (
                $"""
                        migrationBuilder.Sql("CREATE FUNCTION count_{table}() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM {table} $$;");
                """,
                $"""        migrationBuilder.Sql("DROP FUNCTION count_{table}();");"""
            ),
            _ => (
                $"""
                        migrationBuilder.AddColumn<int>(name: "state", table: "{table}", type: "integer", nullable: false, defaultValue: 0);
                        migrationBuilder.Sql("UPDATE {table} SET state = 1 WHERE note IS NOT NULL;");
                """,
                $"""        migrationBuilder.DropColumn(name: "state", table: "{table}");"""
            ),
        };
    }

    private static string Model()
    {
        var text = new StringBuilder(
            """
                    modelBuilder.HasAnnotation("ProductVersion", "10.0.0").HasAnnotation("Relational:MaxIdentifierLength", 63);
                    NpgsqlModelBuilderExtensions.UseIdentityByDefaultColumns(modelBuilder);

            """
        );
        for (var entity = 1; entity <= Entities; entity++)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $$"""
                        modelBuilder.Entity("Generated.Entity{{entity}}", b =>
                        {
                            b.Property<int>("Id").ValueGeneratedOnAdd().HasColumnType("integer").HasColumnName("id");
                            NpgsqlPropertyBuilderExtensions.UseIdentityByDefaultColumn(b.Property<int>("Id"));
                            b.Property<string>("Name").HasColumnType("text").HasColumnName("name");
                            b.Property<DateTime>("CreatedAt").HasColumnType("timestamp with time zone").HasColumnName("created_at");
                            b.HasKey("Id");
                            b.HasIndex("Name");
                            b.ToTable("entity{{entity}}", (string)null);
                        });
                """
            );
        }

        return text.ToString();
    }
}
