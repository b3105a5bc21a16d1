using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.State;

/// <summary>The names that PostgreSQL gives to constraints and indexes that were written without one.</summary>
internal static class ConstraintNames
{
    public static string Of(ObjectName table, TableConstraint constraint) =>
        constraint.Name
        ?? constraint.Kind switch
        {
            ConstraintKind.PrimaryKey => constraint.UsingIndex ?? $"{table.Name}_pkey",
            ConstraintKind.Unique => constraint.UsingIndex
                ?? $"{table.Name}_{string.Join('_', constraint.Columns)}_key",
            ConstraintKind.ForeignKey => $"{table.Name}_{string.Join('_', constraint.Columns)}_fkey",
            ConstraintKind.NotNull => $"{table.Name}_{string.Join('_', constraint.Columns)}_not_null",
            ConstraintKind.Exclusion => $"{table.Name}_excl",
            _ => $"{table.Name}_check",
        };

    public static ObjectName Of(CreateIndex index) =>
        index.Name
        ?? new ObjectName(
            index.Table.Schema,
            $"{index.Table.Name}_{string.Join('_', index.Keys.Select(k => k.Column ?? "expr"))}_idx"
        );
}
