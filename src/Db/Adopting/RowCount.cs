using Npgsql;

namespace Db.Adopting;

/// <summary>Counts rows in the database that is to be adopted. A table is read, and locked against nothing but its being dropped.</summary>
internal static class RowCount
{
    public static async Task<long> OfAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        // A table of a hundred million rows takes longer than a command usually may.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), System.Globalization.CultureInfo.InvariantCulture);
    }
}
