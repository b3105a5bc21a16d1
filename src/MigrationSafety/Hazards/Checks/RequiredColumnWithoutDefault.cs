using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A new column that must be given and has no default.</summary>
internal sealed class RequiredColumnWithoutDefault : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "required-column-without-default",
            HazardGroup.BreaksTheRunningRelease,
            "A new column must be given, and the running release does not know it",
            "The release that is still running inserts rows without the new column, and each such insert fails until the new release is everywhere. "
                + "Where the table holds rows already, adding the column NOT NULL without a default fails by itself. With a default it works for "
                + "both releases, and costs nothing: PostgreSQL notes a constant once.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "ALTER TABLE users ADD COLUMN country text NOT NULL;",
                    "ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'unknown';",
                    """
                    migrationBuilder.AddColumn<string>(name: "country", table: "users", type: "text", nullable: false, defaultValue: "unknown");
                    """
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    """
                    ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'unknown';
                    ALTER TABLE users ALTER COLUMN country DROP DEFAULT;
                    """,
                    "ALTER TABLE users ADD COLUMN country text;"
                ),
            ]
        );

    // Going back fails on it as well.
    public override bool LooksAtDown => true;

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable { Kind: ObjectKind.Table } alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var action in alter.Actions)
        {
            var name = action switch
            {
                AddColumn { Column: { NotNull: true } column } add
                    when !FillsItself(column) && !Exists(add, alter.Name, context) => column.Name,
                SetNotNull set
                    when IsNew(set.Column) is { } column && !column.FillsItself && !GetsDefault(set.Column) =>
                    set.Column,
                DropDefault drop
                    when IsNew(drop.Column) is { NotNull: true, IsIdentity: false, Generated: null }
                        && !GetsDefault(drop.Column) => drop.Column,
                _ => null,
            };
            if (name is null)
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var shown = ObjectName.Quoted(name);
            var type =
                (action as AddColumn)?.Column.Type.ToString()
                ?? context.Schema.Column(alter.Name, name)?.Type.ToString()
                ?? "…";
            yield return new Found(
                statement,
                table,
                $"The release that is running inserts rows into {table} without {shown}: each such insert fails until the new release is everywhere."
                    + (
                        action is AddColumn
                            ? $" And where {table} holds a row already, this statement itself fails."
                            : ""
                    ),
                context.IsMigration
                    ? $"migrationBuilder.AddColumn<…>(name: {CSharp.Literal(name)}, table: {CSharp.Literal(alter.Name.Name)}, {CSharp.Schema(alter.Name)}type: {CSharp.Literal(type)}, nullable: false, defaultValue: …);\n"
                        + "// or nullable: true now, and NOT NULL in a later migration, when every release fills it."
                    : $"ALTER TABLE {alter.Name} ADD COLUMN {shown} {type} NOT NULL DEFAULT …;\n-- or without NOT NULL now, and with it later, when every release fills it."
            );
        }

        Statements.State.ColumnState? IsNew(string column) =>
            context.Schema.Column(alter.Name, column) is { } known && known.AddedIn == context.Schema.Migration
                ? known
                : null;

        bool GetsDefault(string column) =>
            alter
                .Actions.Concat(
                    Later
                        .Statements(context)
                        .OfType<AlterTable>()
                        .Where(a => context.Schema.Resolve(a.Name) == context.Schema.Resolve(alter.Name))
                        .SelectMany(a => a.Actions)
                )
                .Any(a =>
                    (a is SetDefault set && set.Column == column)
                    || (a is AddIdentity identity && identity.Column == column)
                );
    }

    private static bool FillsItself(ColumnDefinition column) =>
        (column.Default is not null && !column.Default.IsNull)
        || column.IsIdentity
        || column.Generated is not null
        || column.Type.IsSerial;

    private static bool Exists(AddColumn add, ObjectName table, HazardContext context) =>
        add.IfNotExists && context.Schema.Column(table, add.Column.Name) is not null;
}
