namespace Data.Migrations.Samples;

/// <summary>Sample data may not be made in this database. The message says why and what to do; nothing was changed.</summary>
public sealed class SampleDataRefusedException(string message) : InvalidOperationException(message);
