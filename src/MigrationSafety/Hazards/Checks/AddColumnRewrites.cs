using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A new column whose values PostgreSQL has to write into every row at once.</summary>
internal sealed class AddColumnRewrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "add-column-rewrites",
            HazardGroup.BlocksTheApplication,
            "A new column writes the whole table again while everybody waits",
            "A column with a constant default, or with none, is added in a moment: PostgreSQL notes the value once. A value that differs by row "
                + "(gen_random_uuid(), clock_timestamp(), a sequence, a stored generated column), or that a domain's constraint has to be tested with, has to be written into every row: the whole table "
                + "and all of its indexes are written anew, and until that is done nobody may read or write it.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();",
                    """
                    ALTER TABLE users ADD COLUMN token uuid;
                    ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
                    """,
                    """
                    migrationBuilder.AddColumn<Guid>(name: "token", table: "users", type: "uuid", nullable: true);
                    migrationBuilder.Sql("ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();");
                    """
                ),
                new HazardExample(
                    "CREATE TABLE events (day date NOT NULL);",
                    "ALTER TABLE events ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;",
                    "ALTER TABLE events ADD COLUMN id bigint;"
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, first text, last text);",
                    "ALTER TABLE users ADD COLUMN full_name text GENERATED ALWAYS AS (first || ' ' || last) STORED;",
                    "ALTER TABLE users ADD COLUMN full_name text;"
                ),
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY); CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');",
                    "ALTER TABLE users ADD COLUMN work_email email;",
                    """
                    ALTER TABLE users ADD COLUMN work_email text;
                    ALTER TABLE users ADD CONSTRAINT users_work_email_check CHECK (work_email LIKE '%@%') NOT VALID;
                    ALTER TABLE users VALIDATE CONSTRAINT users_work_email_check;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable { Kind: ObjectKind.Table } alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var add in alter.Actions.OfType<AddColumn>())
        {
            if (add.IfNotExists && context.Schema.Column(alter.Name, add.Column.Name) is not null)
            {
                continue;
            }

            if (Reason(add.Column, context) is { } reason)
            {
                var table = context.Shown(alter.Name);
                yield return new Found(
                    statement,
                    table,
                    $"{reason}, so PostgreSQL writes all of {table} and its indexes anew. Until that is done, everything that reads or writes {table} waits: "
                        + "the application stands still.",
                    Remedy(alter.Name, add.Column, context)
                );
            }
        }
    }

    private static string? Reason(ColumnDefinition column, HazardContext context)
    {
        var name = ObjectName.Quoted(column.Name);
        if (column.Type.IsSerial || column.IsIdentity)
        {
            return $"{name} gets another number in each row";
        }

        if (column.Generated is not null && !column.GeneratedIsVirtual)
        {
            return $"{name} is computed and stored in each row";
        }

        if (Domain(column, context) is not null)
        {
            return $"{column.Type} is a domain with a constraint, which is tested in each row";
        }

        if (column.Default is { } value && VolatileCalls.First(value, context) is { } call)
        {
            return $"{call}() gives {name} another value in each row";
        }

        return null;
    }

    // Such a column is never added by the catalogs alone, whatever its default is.
    private static SqlType? Domain(ColumnDefinition column, HazardContext context)
    {
        var written = column.Type.Name.Split('.', 2) is [var schema, var rest]
            ? new ObjectName(schema, rest)
            : new ObjectName(null, column.Type.Name);
        var name = context.Schema.Resolve(written);
        return !column.Type.IsArray && context.Schema.ConstrainedDomains.Contains(name)
            ? context.Schema.Domains.GetValueOrDefault(name)
            : null;
    }

    private static string Remedy(ObjectName table, ColumnDefinition column, HazardContext context)
    {
        var name = ObjectName.Quoted(column.Name);
        var add = new Step(
            $"ALTER TABLE {table} ADD COLUMN {name} {column.Type.Stored}",
            Remark: "an empty column is there in a moment:"
        );
        var key = context.Schema.Table(table)?.PrimaryKey?.Columns is [var one] ? ObjectName.Quoted(one) : "ctid";
        var fill = new Step(
            $"UPDATE {table} SET {name} = DEFAULT\nWHERE {key} IN (SELECT {key} FROM {table} WHERE {name} IS NULL LIMIT 5000 FOR UPDATE SKIP LOCKED)",
            Alone: true,
            "fills the old rows in batches, each committed by itself: until no row is left; NOT NULL only afterwards"
        );
        if (column.Generated is null && Domain(column, context) is { } below)
        {
            var check = ObjectName.Quoted($"{table.Name}_{column.Name}_check");
            return Instead.Steps(
                context,
                new Step(
                    $"ALTER TABLE {table} ADD COLUMN {name} {below}{(column.Default is { } constant ? $" DEFAULT {constant.Text}" : "")}",
                    Remark: "a column of the domain's own type is there in a moment:"
                ),
                new Step(
                    $"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK (…) NOT VALID",
                    Remark: $"what {column.Type} demands, as a check of the table:"
                ),
                new Step($"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", Alone: true, "in a later transaction:")
            );
        }

        if (column.Generated is { } generated)
        {
            return Instead.Steps(context, add)
                + "\n"
                + Instead.Remarks(
                    context,
                    $"let the application, or a trigger BEFORE INSERT OR UPDATE, set it to {generated.Text};",
                    "then fill the old rows in batches. Or compute it where it is read: in a view, or with an index over the expression."
                );
        }

        if (column.Default is { } value)
        {
            return Instead.Steps(
                context,
                add,
                new Step(
                    $"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {value.Text}",
                    Remark: "holds for new rows only:"
                ),
                fill
            );
        }

        var sequence = ObjectName.Quoted($"{table.Name}_{column.Name}_seq");
        return Instead.Steps(
            context,
            add,
            new Step($"CREATE SEQUENCE {sequence} OWNED BY {table}.{name}"),
            new Step(
                $"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT nextval('{sequence}')",
                Remark: "holds for new rows only:"
            ),
            fill
        );
    }
}
