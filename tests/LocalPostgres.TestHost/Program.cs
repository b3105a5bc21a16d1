// A process with a throw-away server, for tests that need one with an environment of its own, or one to kill. It says
// what it has, a line each, and waits for the end of its input.
using LocalPostgres;
using LocalPostgres.Choosing;

// A machine where nobody has installed or fetched anything; its empty directory is the argument.
var machine = args is ["--bare", var empty]
    ? Machine.Current with
    {
        BinaryDirectories = [],
        NpmCache = empty,
    }
    : Machine.Current;
try
{
    await using var server = await ThrowAwayServer.StartAsync(
        new ThrowAwayServerOptions(),
        machine,
        CancellationToken.None
    );
    Console.WriteLine(server.ConnectionString);
    Console.WriteLine(string.Join(" // ", server.Skipped));
    await Console.In.ReadToEndAsync();
    return 0;
}
catch (NoServerException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
