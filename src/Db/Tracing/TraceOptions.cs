namespace Db.Tracing;

/// <summary>How migrations are traced.</summary>
/// <param name="Rows">Rows that are made for each table.</param>
/// <param name="Down">Whether the way back is traced as well.</param>
/// <param name="PreviousRelease">Whether the model before is run against the new schema, and the new one against the old.</param>
/// <param name="Role">The role that the application acts as; null for the owner.</param>
internal sealed record TraceOptions(
    int Rows = 1000,
    bool Down = true,
    bool PreviousRelease = true,
    string? Role = null
);
