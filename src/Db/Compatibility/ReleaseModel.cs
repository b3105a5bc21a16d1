using Db.Tracing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Db.Compatibility;

/// <summary>A table or view as a release's model maps it.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Entity">The entities that live in it.</param>
/// <param name="IsView">Whether it is only read.</param>
/// <param name="Columns">The mapped columns.</param>
/// <param name="Key">The columns of the primary key; none for an entity without a key.</param>
internal sealed record ModelTable(
    string Schema,
    string Name,
    string Entity,
    bool IsView,
    IReadOnlyList<ModelColumn> Columns,
    IReadOnlyList<string> Key
);

/// <summary>A mapped column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Property">The property behind it, with its entity.</param>
/// <param name="IsNullable">Whether the model may write null.</param>
/// <param name="IsInserted">Whether INSERT names it.</param>
/// <param name="MayBeLeftOut">Whether INSERT may leave it to the database's default.</param>
/// <param name="IsUpdated">Whether UPDATE may name it.</param>
/// <param name="Mapping">How EF Core reads and writes it; null for a JSON document of owned entities.</param>
internal sealed record ModelColumn(
    string Name,
    string Property,
    bool IsNullable,
    bool IsInserted,
    bool MayBeLeftOut,
    bool IsUpdated,
    RelationalTypeMapping? Mapping
);

/// <summary>The model of a release, which EF Core keeps with each migration.</summary>
internal static class ReleaseModel
{
    /// <summary>The tables and views that the target model of a migration maps.</summary>
    public static IReadOnlyList<ModelTable> Of(DbContext context, string migrationId)
    {
        var assembly = context.GetService<IMigrationsAssembly>();
        var migration = assembly.CreateMigration(assembly.Migrations[migrationId], context.Database.ProviderName!);
        var finalized = migration.TargetModel is IMutableModel mutable
            ? mutable.FinalizeModel()
            : migration.TargetModel;
        var model = context
            .GetService<IModelRuntimeInitializer>()
            .Initialize(finalized, designTime: true, validationLogger: null)
            .GetRelationalModel();
        return
        [
            .. model.Tables.Select(t => Table(t, t.PrimaryKey?.Columns.Select(c => c.Name) ?? [])),
            .. model.Views.Where(v => model.FindTable(v.Name, v.Schema) is null).Select(v => Table(v, [])),
        ];
    }

    private static ModelTable Table(ITableBase table, IEnumerable<string> key)
    {
        var keys = key.ToList();
        return new ModelTable(
            table.Schema ?? "public",
            table.Name,
            string.Join(", ", table.EntityTypeMappings.Select(m => Short(m.TypeBase.Name)).Distinct()),
            table is IView,
            [.. table.Columns.Select(c => Column(c, keys))],
            keys
        );
    }

    private static ModelColumn Column(IColumnBase column, IReadOnlyList<string> keys)
    {
        if (column.PropertyMappings is not [var mapping, ..])
        {
            return new ModelColumn(column.Name, column.Name, column.IsNullable, true, false, true, null);
        }

        var property = mapping.Property;
        // Sent by the server: identity, serial, computed, xmin.
        var isCounted = property.GetValueGenerationStrategy() != NpgsqlValueGenerationStrategy.None;
        var isComputed =
            property.GetComputedColumnSql() is not null
            || property.GetBeforeSaveBehavior() != PropertySaveBehavior.Save
            || property.ValueGenerated == ValueGenerated.OnAddOrUpdate
            || (property.ValueGenerated == ValueGenerated.OnUpdate);
        return new ModelColumn(
            column.Name,
            $"{Short(property.DeclaringType.Name)}.{property.Name}",
            column.IsNullable,
            !isCounted && !isComputed,
            property.ValueGenerated == ValueGenerated.OnAdd && HasDefault(property),
            !isComputed && !keys.Contains(column.Name) && property.GetAfterSaveBehavior() == PropertySaveBehavior.Save,
            mapping.TypeMapping
        );
    }

    private static bool HasDefault(IProperty property) =>
        property.GetDefaultValueSql() is not null || property.TryGetDefaultValue(out _);

    private static string Short(string name) => name[(name.LastIndexOfAny(['.', '+']) + 1)..];
}
