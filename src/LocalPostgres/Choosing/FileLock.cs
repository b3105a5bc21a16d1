namespace LocalPostgres.Choosing;

/// <summary>A lock between processes: a file that one of them holds open. It ends with its holder, however that ends.</summary>
internal static class FileLock
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);

    /// <param name="path">The file; made where it is missing, and left.</param>
    /// <param name="waiting">Called once, when somebody else holds it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IDisposable> TakeAsync(string path, Action waiting, CancellationToken cancellationToken)
    {
        for (var first = true; ; first = false)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (first)
                    waiting();
                await Task.Delay(AskAgain, cancellationToken);
            }
        }
    }
}
