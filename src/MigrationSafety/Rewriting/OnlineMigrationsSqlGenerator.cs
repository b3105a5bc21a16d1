using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Options.Internal;
using MigrationSafety.Rewriting;
// The constructor of Npgsql's generator, which is made to be derived from, takes this one type of an internal namespace. Checked with
// Npgsql.EntityFrameworkCore.PostgreSQL 10.0.3.
#pragma warning disable EF1001
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure.Internal;
using Npgsql.EntityFrameworkCore.PostgreSQL.Migrations;

namespace MigrationSafety;

/// <summary>
/// Npgsql's SQL generator, given operations that let the application go on: indexes CONCURRENTLY, constraints NOT VALID and then
/// validated, NOT NULL by a valid check. <c>UseMigrationSafety</c> puts it in the place of Npgsql's own; derive from it where a project
/// has a generator of its own.
/// </summary>
/// <remarks>
/// Operations on tables that the same migration creates, and those marked <c>KeepAsWritten</c>, stay as they are. So do all of an
/// idempotent script: EF Core wraps its statements in DO blocks, where PostgreSQL refuses CONCURRENTLY.
/// </remarks>
public class OnlineMigrationsSqlGenerator : NpgsqlMigrationsSqlGenerator
{
    private readonly IDbContextOptions _contextOptions;
    private readonly Version _postgresVersion;
    private ScriptTimeouts? _timeouts;

    /// <summary>Called by EF Core.</summary>
    /// <param name="dependencies">EF Core's services.</param>
    /// <param name="npgsqlOptions">Npgsql's options, which name the server's version.</param>
    /// <param name="contextOptions">The context's options, which hold those of <c>UseMigrationSafety</c>.</param>
    public OnlineMigrationsSqlGenerator(
        MigrationsSqlGeneratorDependencies dependencies,
        INpgsqlSingletonOptions npgsqlOptions,
        IDbContextOptions contextOptions
    )
        : base(dependencies, npgsqlOptions)
    {
        ArgumentNullException.ThrowIfNull(npgsqlOptions);
        _contextOptions = contextOptions;
        _postgresVersion = npgsqlOptions.PostgresVersion;
    }

    /// <inheritdoc />
    public override IReadOnlyList<MigrationCommand> Generate(
        IReadOnlyList<MigrationOperation> operations,
        IModel? model = null,
        MigrationsSqlGenerationOptions options = MigrationsSqlGenerationOptions.Default
    )
    {
        var safety = _contextOptions.FindExtension<MigrationSafetyOptionsExtension>()?.Options;
        var isIdempotent = options.HasFlag(MigrationsSqlGenerationOptions.Idempotent);
        var online =
            safety is { OnlineRewrites: true } && !isIdempotent
                ? OnlineForm.Of(
                    operations,
                    new RewriteScope(operations, model, _postgresVersion, Dependencies.SqlGenerationHelper)
                )
                : operations;
        _timeouts =
            safety is not null && !isIdempotent && options.HasFlag(MigrationsSqlGenerationOptions.Script)
                ? new ScriptTimeouts(safety)
                : null;
        return base.Generate(_timeouts is null ? online : [_timeouts.Head(), .. online], model, options);
    }

    /// <inheritdoc />
    protected override void Generate(MigrationOperation operation, IModel? model, MigrationCommandListBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(builder);
        if (_timeouts?.Before(operation) is { } timeout)
        {
            builder.AppendLine(timeout);
        }

        if (CommandNote.Of(operation) is { } note)
        {
            builder.AppendLine(note);
        }

        switch (operation)
        {
            case AddNotValidOperation added:
                AddNotValid(added, model, builder);
                break;
            case SetDefaultOperation set:
                SetDefault(set.Column, model, builder);
                break;
            default:
                base.Generate(operation, model, builder);
                break;
        }
    }

    private void AddNotValid(AddNotValidOperation operation, IModel? model, MigrationCommandListBuilder builder)
    {
        var sql = Dependencies.SqlGenerationHelper;
        switch (operation.Constraint)
        {
            case AddForeignKeyOperation key:
                builder.Append($"ALTER TABLE {sql.DelimitIdentifier(key.Table, key.Schema)} ADD ");
                ForeignKeyConstraint(key, model, builder);
                break;
            case AddCheckConstraintOperation check:
                builder.Append($"ALTER TABLE {sql.DelimitIdentifier(check.Table, check.Schema)} ADD ");
                CheckConstraint(check, model, builder);
                break;
        }

        builder.Append(" NOT VALID").AppendLine(sql.StatementTerminator);
        EndStatement(builder, operation.SuppressTransaction);
    }

    private void SetDefault(AddColumnOperation column, IModel? model, MigrationCommandListBuilder builder)
    {
        var sql = Dependencies.SqlGenerationHelper;
        builder.Append(
            $"ALTER TABLE {sql.DelimitIdentifier(column.Table, column.Schema)} ALTER COLUMN {sql.DelimitIdentifier(column.Name)} SET"
        );
        DefaultValue(
            column.DefaultValue,
            column.DefaultValueSql,
            column.ColumnType ?? GetColumnType(column.Schema, column.Table, column.Name, column, model),
            builder
        );
        builder.AppendLine(sql.StatementTerminator);
        EndStatement(builder);
    }
}
