using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>Statements that rewrites are made of.</summary>
internal static class OnlineSql
{
    /// <summary>A statement that is committed by itself, with its row in the journal.</summary>
    public static SqlOperation Alone(string sql, string note) =>
        new SqlOperation { Sql = sql + "\n", SuppressTransaction = true }.Noted(note);

    /// <summary>A statement that is committed with what stands beside it.</summary>
    public static SqlOperation Together(string sql, string note) => new SqlOperation { Sql = sql + "\n" }.Noted(note);

    /// <summary>Looks at every row while readers and writers go on (ShareUpdateExclusive).</summary>
    public static SqlOperation Validate(string table, string constraint) =>
        Alone(
            $"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
            "looks at the rows that exist while readers and writers go on"
        );

    /// <summary>A unique index that a constraint will take over, built while writers go on.</summary>
    public static CreateIndexOperation UniqueIndex(
        MigrationOperation constraint,
        string name,
        string? schema,
        string table,
        string[] columns
    )
    {
        var index = new CreateIndexOperation
        {
            Name = name,
            Schema = schema,
            Table = table,
            Columns = columns,
            IsUnique = true,
        };
        // INCLUDE, NULLS NOT DISTINCT and storage parameters are annotations of the constraint.
        index.AddAnnotations(constraint.GetAnnotations());
        return CreateIndexRewriter.Concurrently(index, "builds the constraint's index while writers go on");
    }
}
