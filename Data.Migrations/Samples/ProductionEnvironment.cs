namespace Data.Migrations.Samples;

/// <summary>
/// Whether a variable says that this is production. None saying so proves nothing (EF Core calls an unset environment
/// Development), which is why sample data also looks at the users that are there.
/// </summary>
public static class ProductionEnvironment
{
    private static readonly string[] Variables =
    [
        "DOTNET_ENVIRONMENT",
        "ASPNETCORE_ENVIRONMENT",
        "NODE_ENV",
        "APP_ENV",
        "VERCEL_ENV",
    ];

    /// <summary>The variable that says production, as <c>NODE_ENV=production</c>; null where none does.</summary>
    /// <param name="environment">Looks a variable up.</param>
    public static string? Named(Func<string, string?> environment) =>
        Variables
            .Select(name => (name, value: environment(name)?.Trim()))
            .Where(variable =>
                string.Equals(variable.value, "production", StringComparison.OrdinalIgnoreCase)
                || string.Equals(variable.value, "prod", StringComparison.OrdinalIgnoreCase)
            )
            .Select(variable => $"{variable.name}={variable.value}")
            .FirstOrDefault();
}
