using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Looks for a type of column that is regretted later.</summary>
internal abstract class ColumnTypeCheck : HazardCheck
{
    // A rollback restores what was there.
    public override bool LooksAtDown => false;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        var (table, columns) = statement.Statement switch
        {
            CreateTable { Persistence: not Persistence.Temporary, IsForeign: false } create => (
                create.Name,
                create.Columns.Select(c => (c.Name, c.Type))
            ),
            AlterTable { Kind: ObjectKind.Table } alter => (
                alter.Name,
                alter
                    .Actions.Select<TableAction, (string Name, SqlType Type)?>(action =>
                        action switch
                        {
                            AddColumn add => (add.Column.Name, add.Column.Type),
                            // What it is already is nobody's fault here.
                            AlterColumnType change
                                when context.Schema.Column(alter.Name, change.Column)?.Type is not { } before
                                    || !IsRegretted(before) => (change.Column, change.Type),
                            _ => null,
                        }
                    )
                    .OfType<(string Name, SqlType Type)>()
            ),
            _ => (null!, []),
        };
        foreach (var (column, type) in columns)
        {
            if (IsRegretted(type))
            {
                var shown = context.Shown(table);
                yield return new Found(
                    statement,
                    shown,
                    What(shown, ObjectName.Quoted(column), type),
                    Instead(ObjectName.Quoted(column), type, context.IsMigration)
                );
            }
        }
    }

    protected abstract bool IsRegretted(SqlType type);

    protected abstract string What(string table, string column, SqlType type);

    protected abstract string Instead(string column, SqlType type, bool isMigration);
}
