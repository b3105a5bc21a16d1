namespace Db;

/// <summary>The working copy that the command was started in: where the snapshot is written and whose server is meant.</summary>
/// <param name="Directory">Its root, where App.sln lies.</param>
internal sealed record Checkout(string Directory)
{
    private const string Mark = "App.sln";

    public string Snapshot => Path.Combine(Directory, "Data.Migrations", "schema.snapshot");

    public string SchemaPage => Path.Combine(Directory, "docs", "schema.md");

    /// <summary>Finds the working copy around the current directory.</summary>
    /// <exception cref="CouldNotRunException">There is none.</exception>
    public static Checkout Find() =>
        Above(Environment.CurrentDirectory)
        ?? throw new CouldNotRunException(
            $"No {Mark} here or above {Environment.CurrentDirectory}: run this inside the project's working copy, "
                + "where its development server and its snapshot belong."
        );

    /// <summary>As <see cref="Find"/>, or null where there is none.</summary>
    public static Checkout? Above(string directory)
    {
        for (var at = new DirectoryInfo(directory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Mark)))
            {
                return new Checkout(at.FullName);
            }
        }

        return null;
    }
}
