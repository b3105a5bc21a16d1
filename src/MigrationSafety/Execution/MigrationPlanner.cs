using System.Reflection;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Arguments;
using MigrationSafety.Connections;
using MigrationSafety.Statements;

namespace MigrationSafety.Execution;

/// <summary>Compares the migrations in the code with those in the database. The rules are those of EF Core's own Migrator.</summary>
internal sealed class MigrationPlanner(
    IMigrationsAssembly assembly,
    IHistoryRepository history,
    IMigrationsSqlGenerator generator,
    IRawSqlCommandBuilder rawSql,
    IModelRuntimeInitializer modelInitializer,
    MigrationCode code,
    ICurrentDbContext context,
    Microsoft.EntityFrameworkCore.Diagnostics.IRelationalCommandDiagnosticsLogger commandLogger
)
{
    /// <summary>The full id of a target, "0", or null.</summary>
    public string? Resolve(string? target)
    {
        if (target is null || target == Migration.InitialDatabase)
        {
            return target;
        }

        // To EF Core that is no target, which is the newest: whoever wanted to go back, with a variable that is not set, would go forward.
        if (string.IsNullOrWhiteSpace(target))
        {
            throw new MigrationRefusedException(
                new Failure(
                    "UnknownTarget",
                    "The migration to go to is an empty text, as a variable gives that is not set (\"$TARGET\"). EF Core takes that for the "
                        + "newest migration, which is the wrong way for whoever wanted to go back.",
                    null,
                    "name the migration to go to. To apply all, leave the argument out altogether. The newest are: "
                        + Newest()
                )
            );
        }

        if (assembly.FindMigrationId(target) is { } id)
        {
            return id;
        }

        var nearest = NearestName.Of(target, assembly.Migrations.Keys.SelectMany(key => new[] { key, NameOf(key) }));
        throw new MigrationRefusedException(
            new Failure(
                "UnknownTarget",
                $"There is no migration \"{target}\" in {assembly.Assembly.GetName().Name}.",
                null,
                (nearest is null ? "" : $"did you mean {nearest}? ")
                    + (
                        assembly.Migrations.Count == 0
                            ? "The assembly holds no migration."
                            : $"The newest are: {Newest()}"
                    )
            )
        );
    }

    private string Newest() =>
        $"{string.Join(", ", assembly.Migrations.Keys.OrderDescending(StringComparer.OrdinalIgnoreCase).Take(5))}; 0 reverts all.";

    public MigrationPlan Plan(string? target, IReadOnlyList<string> applied)
    {
        var isApplied = applied.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var toRevert = new List<PlannedMigration>();
        var toApply = new List<PlannedMigration>();
        TypeInfo? before = null;
        TypeInfo? appliedBefore = null;
        foreach (var pair in assembly.Migrations.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            var isBehind = target is not null && (target == Migration.InitialDatabase || IsAfter(pair.Key, target));
            if (isApplied.Contains(pair.Key))
            {
                if (isBehind)
                {
                    toRevert.Add(Down(pair, appliedBefore));
                }

                appliedBefore = pair.Value;
            }
            else if (!isBehind)
            {
                toApply.Add(Up(pair, before));
            }

            before = pair.Value;
        }

        toRevert.Reverse();
        return new MigrationPlan(target, applied, [.. toRevert, .. toApply]);
    }

    private PlannedMigration Up(KeyValuePair<string, TypeInfo> pair, TypeInfo? previous) =>
        new(
            pair.Key,
            MigrationDirection.Up,
            pair.Value,
            code,
            migration =>
                WithHistory(
                    generator.Generate(migration.UpOperations, Initialized(migration)),
                    history.GetInsertScript(new HistoryRow(pair.Key, ProductInfo.GetVersion()))
                ),
            migration => Reverting(migration, previous)
        );

    private PlannedMigration Down(KeyValuePair<string, TypeInfo> pair, TypeInfo? previous) =>
        new(
            pair.Key,
            MigrationDirection.Down,
            pair.Value,
            code,
            migration => WithHistory(Reverting(migration, previous), history.GetDeleteScript(pair.Key))
        );

    private IReadOnlyList<MigrationCommand> Reverting(Migration migration, TypeInfo? previous) =>
        generator.Generate(migration.DownOperations, previous is null ? null : Initialized(code.Make(previous)));

    private Microsoft.EntityFrameworkCore.Metadata.IModel Initialized(Migration migration) =>
        modelInitializer.Initialize(migration.TargetModel, designTime: true, validationLogger: null);

    private IReadOnlyList<MigrationCommand> WithHistory(IReadOnlyList<MigrationCommand> commands, string historySql) =>
        [.. commands.SelectMany(Sendable), Command(historySql, commands.Any(command => command.TransactionSuppressed))];

    private IEnumerable<MigrationCommand> Sendable(MigrationCommand command) =>
        AtomicBody.Cut(command.CommandText) is { Count: > 1 } parts
            ? parts.Select(part => Command(part, command.TransactionSuppressed))
            : [command];

    private MigrationCommand Command(string sql, bool transactionSuppressed) =>
        new(rawSql.Build(sql), context.Context, commandLogger, transactionSuppressed);

    private static bool IsAfter(string id, string target) =>
        string.Compare(id, target, StringComparison.OrdinalIgnoreCase) > 0;

    private static string NameOf(string id) => id.Split('_', 2) is [_, var name] ? name : id;
}
