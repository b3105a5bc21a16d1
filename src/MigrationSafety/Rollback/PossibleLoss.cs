namespace MigrationSafety.Rollback;

/// <summary>Something that reverting a migration takes away, before it was counted.</summary>
/// <param name="Migration">The migration whose Down does it.</param>
internal abstract record PossibleLoss(string Migration);

/// <summary>A table and all of its rows. The name is written as in SQL.</summary>
internal sealed record TableLoss(string Migration, string Table) : PossibleLoss(Migration);

/// <summary>A column and its values. The names are written as in SQL.</summary>
internal sealed record ColumnLoss(string Migration, string Table, string Column) : PossibleLoss(Migration);

/// <summary>Rows that a statement changes or deletes, nobody knows which.</summary>
internal sealed record RowsLoss(string Migration, string Table, string Verb) : PossibleLoss(Migration);

/// <summary>A statement of which nobody can say what it takes away without running it.</summary>
internal sealed record UnknownLoss(string Migration, string What) : PossibleLoss(Migration);
