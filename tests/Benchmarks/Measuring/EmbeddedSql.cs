namespace Benchmarks.Measuring;

/// <summary>SQL files beside the benchmark that uses them.</summary>
internal static class EmbeddedSql
{
    /// <param name="file">Folder and name, for example <c>RowLevelSecurity/rows.sql</c>.</param>
    public static string Read(string file)
    {
        using var stream =
            typeof(EmbeddedSql).Assembly.GetManifestResourceStream(file) ?? throw new FileNotFoundException(null, file);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
