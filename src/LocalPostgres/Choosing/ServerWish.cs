using System.Globalization;

namespace LocalPostgres.Choosing;

/// <summary>Which server is asked for: by the caller, else by the environment; null where nobody cares.</summary>
internal sealed record ServerWish(ServerKind? Kind, int? Major)
{
    public const int OldestSupported = 15;
    public const int NewestPublished = 18;

    /// <exception cref="NoServerException">A variable or an option has a value that means nothing.</exception>
    public static ServerWish From(ServerKind? kind, int? major, Machine machine) =>
        new(
            kind ?? KindFrom(machine["LOCAL_POSTGRES"]),
            Checked(major ?? MajorFrom(machine["LOCAL_POSTGRES_VERSION"]))
        );

    /// <summary>The version to fetch where any could be had.</summary>
    public int MajorOrDefault => Major ?? OldestSupported;

    public bool Accepts(Version version) => Major is null ? version.Major >= OldestSupported : version.Major == Major;

    public string Text => Major is null ? $"PostgreSQL {OldestSupported} or newer" : $"PostgreSQL {Major}";

    private static ServerKind? KindFrom(string? value) =>
        value?.ToLowerInvariant() switch
        {
            null => null,
            "docker" => ServerKind.Docker,
            "binaries" => ServerKind.Binaries,
            "npm" => ServerKind.Npm,
            _ => throw new NoServerException(
                $"LOCAL_POSTGRES is '{value}', which names no way to a server. Set it to docker, binaries or npm, or unset it to have the first one that works."
            ),
        };

    private static int? MajorFrom(string? value) =>
        value is null ? null
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major
        : throw new NoServerException(
            $"LOCAL_POSTGRES_VERSION is '{value}', which is no major version of PostgreSQL. Set it to a number from {OldestSupported} to {NewestPublished}, or unset it."
        );

    private static int? Checked(int? major) =>
        major is null or >= OldestSupported
            ? major
            : throw new NoServerException(
                $"PostgreSQL {major} was asked for; the oldest supported version is {OldestSupported}. Ask for {OldestSupported} to {NewestPublished}, through LOCAL_POSTGRES_VERSION or the options."
            );
}
