using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Migrations.Operations.Builders;

namespace Data.Migrations;

/// <summary>Raw SQL of a migration: one object a file, embedded, in a pair of directions.</summary>
internal static class SqlFile
{
    private static readonly Assembly Assembly = typeof(SqlFile).Assembly;

    /// <summary>
    /// Runs <c>Sql/&lt;file&gt;.up.sql</c> when called by <c>Up</c> and <c>Sql/&lt;file&gt;.down.sql</c> when called by
    /// <c>Down</c>: the caller cannot mix the two.
    /// </summary>
    /// <param name="migration">The builder of the calling method.</param>
    /// <param name="file">Migration and object, for example <c>AuthTables/users.set_updated_at</c>.</param>
    /// <param name="direction">Filled in by the compiler.</param>
    /// <exception cref="FileNotFoundException">No such file is embedded.</exception>
    internal static OperationBuilder<SqlOperation> SqlFrom(
        this MigrationBuilder migration,
        string file,
        [CallerMemberName] string direction = ""
    ) => migration.Sql(Read($"{file}.{Suffix(direction)}.sql"));

    private static string Suffix(string direction) =>
        direction switch
        {
            "Up" => "up",
            "Down" => "down",
            _ => throw new ArgumentException(
                $"SqlFrom belongs into Up or Down, not into {direction}.",
                nameof(direction)
            ),
        };

    private static string Read(string name)
    {
        using var stream =
            Assembly.GetManifestResourceStream($"Sql/{name}")
            ?? throw new FileNotFoundException(
                $"Data.Migrations/Sql/{name} is not there, or was added after the last build. "
                    + "Every object needs both an .up.sql and a .down.sql file.",
                name
            );
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
