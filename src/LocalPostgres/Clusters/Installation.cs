namespace LocalPostgres.Clusters;

/// <summary>PostgreSQL's server programs in one directory.</summary>
/// <param name="BinDirectory">The directory of <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</param>
/// <param name="Version">What <c>postgres --version</c> says.</param>
/// <param name="Origin">Where it comes from, as messages say it.</param>
internal sealed record Installation(string BinDirectory, Version Version, string Origin)
{
    public string Program(string name) =>
        Path.Combine(BinDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    public string Description => $"PostgreSQL {Version}, {Origin} in {BinDirectory}";
}
