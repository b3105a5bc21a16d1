using System.CommandLine;

namespace Db.Commands;

/// <summary>The option that names the folder with the critical queries and the settings of a release.</summary>
internal static class ReleaseFolderOption
{
    public static Option<string?> Create() =>
        new("--release-folder")
        {
            Description =
                "The folder with critical-queries/ and release.json; 'release' here or in the working copy where not given.",
            HelpName = "path",
        };
}
