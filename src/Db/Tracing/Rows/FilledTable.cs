namespace Db.Tracing.Rows;

/// <summary>What became of filling a table.</summary>
/// <param name="Table">Its name with its schema.</param>
/// <param name="Rows">How many rows it holds.</param>
/// <param name="WhyNone">Why it holds none; null where it holds some.</param>
internal sealed record FilledTable(string Table, long Rows, string? WhyNone);
