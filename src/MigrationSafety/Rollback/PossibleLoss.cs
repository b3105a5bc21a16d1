namespace MigrationSafety.Rollback;

/// <summary>Something that reverting a migration takes away, before it was counted.</summary>
/// <param name="Migration">The migration whose Down does it.</param>
internal abstract record PossibleLoss(string Migration);

/// <summary>A table and all of its rows.</summary>
internal sealed record TableLoss(string Migration, LiveTable Table) : PossibleLoss(Migration);

/// <summary>A column and its values.</summary>
internal sealed record ColumnLoss(string Migration, LiveColumn Column) : PossibleLoss(Migration);

/// <summary>A column's values, as far as another type or an expression makes others of them.</summary>
/// <param name="Migration">The migration whose Down does it.</param>
/// <param name="Column">The column.</param>
/// <param name="Type">The new type, as in SQL.</param>
/// <param name="Using">What stands behind USING, or null.</param>
internal sealed record ConversionLoss(string Migration, LiveColumn Column, string Type, string? Using)
    : PossibleLoss(Migration);

/// <summary>Rows that a statement changes or deletes, nobody knows which.</summary>
internal sealed record RowsLoss(string Migration, LiveTable Table, string Verb) : PossibleLoss(Migration);

/// <summary>A query that calls functions, of which one may be the application's own, and delete.</summary>
/// <param name="Migration">The migration whose Down does it.</param>
/// <param name="Functions">Their names, without schemas.</param>
/// <param name="What">The statement.</param>
internal sealed record CallLoss(string Migration, IReadOnlyList<string> Functions, string What)
    : PossibleLoss(Migration);

/// <summary>A statement of which nobody can say what it takes away without running it.</summary>
internal sealed record UnknownLoss(string Migration, string What) : PossibleLoss(Migration);

/// <summary>A table that a Down names.</summary>
/// <param name="Live">Its name in the database as it is now, before anything is reverted, as in SQL.</param>
/// <param name="Written">Its name as the Down writes it: what reverting comes by before may have renamed it.</param>
/// <param name="MayBeMissing">Whether the Down runs where it is not there.</param>
internal sealed record LiveTable(string Live, string Written, bool MayBeMissing);

/// <summary>A column that a Down names.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Live">Its name in the database as it is now, without quotes.</param>
/// <param name="Written">Its name as the Down writes it, without quotes.</param>
/// <param name="MayBeMissing">Whether the Down runs where it is not there.</param>
internal sealed record LiveColumn(LiveTable Table, string Live, string Written, bool MayBeMissing);
