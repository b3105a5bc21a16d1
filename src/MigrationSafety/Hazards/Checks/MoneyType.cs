using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>money, whose meaning depends on a setting of the server.</summary>
internal sealed class MoneyType : ColumnTypeCheck
{
    public override Hazard Hazard { get; } =
        new(
            "money-type",
            HazardGroup.CostsForEver,
            "An amount whose currency is a setting of the server",
            "money is read and written in the currency and with the decimals of the server's lc_monetary. Restored on a server with another "
                + "setting, the same rows are other amounts; fractions of a cent are cut off. numeric keeps what was written, with the currency in "
                + "a column beside it.",
            null,
            [
                new HazardExample(
                    "",
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, total money NOT NULL);",
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, total numeric(12, 2) NOT NULL, currency text NOT NULL);",
                    """builder.Property(invoice => invoice.Total).HasPrecision(12, 2);"""
                ),
            ]
        );

    protected override bool IsRegretted(SqlType type) => type.Name == "money";

    protected override string What(string table, string column, SqlType type) =>
        $"What an amount in {column} of {table} is worth depends on a setting of the server that reads it.";

    protected override string Instead(string column, SqlType type, bool isMigration) =>
        isMigration
            ? "builder.Property(…).HasPrecision(12, 2);   // numeric, and the currency in a column of its own"
            : $"{column} numeric(12, 2)";
}
