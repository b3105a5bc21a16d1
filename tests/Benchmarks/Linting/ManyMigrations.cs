using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace Benchmarks.Linting;

/// <summary>A context with 1,000 migrations: tables, columns, indexes, foreign keys and raw SQL in turn.</summary>
internal sealed class ManyMigrations : DbContext
{
    public const int Count = 1_000;

    protected override void OnConfiguring(DbContextOptionsBuilder options) =>
        options
            .UseNpgsql("Host=nowhere.invalid")
            .UseMigrationSafety()
            .ReplaceService<IMigrationsAssembly, GeneratedMigrations>();
}

/// <summary>The migrations, each a type of its own, as EF Core wants them.</summary>
internal sealed class GeneratedMigrations : IMigrationsAssembly
{
    private static readonly Type[] _digits =
    [
        typeof(D0),
        typeof(D1),
        typeof(D2),
        typeof(D3),
        typeof(D4),
        typeof(D5),
        typeof(D6),
        typeof(D7),
        typeof(D8),
        typeof(D9),
    ];

    public IReadOnlyDictionary<string, TypeInfo> Migrations { get; } =
        Enumerable
            .Range(0, ManyMigrations.Count)
            .ToDictionary(
                n => $"{20260101000000L + n}_Change{n}",
                n =>
                    typeof(Generated<,,>)
                        .MakeGenericType(_digits[n / 100], _digits[n / 10 % 10], _digits[n % 10])
                        .GetTypeInfo()
            );

    public ModelSnapshot? ModelSnapshot => null;

    public Assembly Assembly => typeof(GeneratedMigrations).Assembly;

    public string? FindMigrationId(string nameOrId) =>
        Migrations.Keys.FirstOrDefault(id => id.EndsWith($"_{nameOrId}", StringComparison.Ordinal));

    public Migration CreateMigration(TypeInfo migrationClass, string activeProvider)
    {
        var migration = (Migration)Activator.CreateInstance(migrationClass)!;
        migration.ActiveProvider = activeProvider;
        return migration;
    }
}

internal abstract class D0;

internal abstract class D1;

internal abstract class D2;

internal abstract class D3;

internal abstract class D4;

internal abstract class D5;

internal abstract class D6;

internal abstract class D7;

internal abstract class D8;

internal abstract class D9;

/// <summary>One migration; its number stands in its type arguments.</summary>
internal sealed class Generated<THundreds, TTens, TOnes> : Migration
{
    private const int Entities = 20;

    private static int Number => (100 * Digit<THundreds>()) + (10 * Digit<TTens>()) + Digit<TOnes>();

    private static string Table => $"table_{Number / 5}";

    protected override void Up(MigrationBuilder migrationBuilder)
    {
        switch (Number % 5)
        {
            case 0:
                migrationBuilder.CreateTable(
                    Table,
                    table => new
                    {
                        id = table.Column<long>("bigint"),
                        name = table.Column<string>("text"),
                        parent = table.Column<long>("bigint", nullable: true),
                        created_at = table.Column<DateTime>("timestamp with time zone", defaultValueSql: "now()"),
                    },
                    constraints: table => table.PrimaryKey($"pk_{Table}", t => t.id)
                );
                break;
            case 1:
                migrationBuilder.AddColumn<string>("email", Table, "text", nullable: true);
                break;
            case 2:
                migrationBuilder.CreateIndex($"ix_{Table}_parent", Table, "parent");
                break;
            case 3:
                migrationBuilder.AddForeignKey($"fk_{Table}_parent", Table, "parent", Table, principalColumn: "id");
                break;
            default:
                migrationBuilder.Sql(
                    $"""
                    CREATE FUNCTION {Table}_touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
                    BEGIN
                      NEW.created_at := pg_catalog.now();
                      RETURN NEW;
                    END
                    $$;
                    CREATE TRIGGER {Table}_touch BEFORE UPDATE ON {Table} FOR EACH ROW EXECUTE FUNCTION {Table}_touch();
                    """
                );
                break;
        }
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        switch (Number % 5)
        {
            case 0:
                migrationBuilder.DropTable(Table);
                break;
            case 1:
                migrationBuilder.DropColumn("email", Table);
                break;
            case 2:
                migrationBuilder.DropIndex($"ix_{Table}_parent", Table);
                break;
            case 3:
                migrationBuilder.DropForeignKey($"fk_{Table}_parent", Table);
                break;
            default:
                migrationBuilder.Sql($"DROP TRIGGER {Table}_touch ON {Table}; DROP FUNCTION {Table}_touch();");
                break;
        }
    }

    protected override void BuildTargetModel(ModelBuilder modelBuilder)
    {
        modelBuilder.HasAnnotation("ProductVersion", "10.0.15");
        for (var n = 0; n < Entities; n++)
        {
            modelBuilder.Entity(
                $"Model.Entity{n}",
                entity =>
                {
                    entity.Property<long>("Id").HasColumnName("id");
                    entity.Property<string>("Name").HasColumnName("name").HasColumnType("text");
                    entity
                        .Property<DateTime>("CreatedAt")
                        .HasColumnName("created_at")
                        .HasColumnType("timestamp with time zone");
                    entity.HasKey("Id");
                    entity.ToTable($"table_{n}");
                }
            );
        }
    }

    private static int Digit<T>() => typeof(T).Name[1] - '0';
}
