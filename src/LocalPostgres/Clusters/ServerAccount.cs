using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;
using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>
/// The operating-system account that runs the server's programs: our own, except as root. PostgreSQL refuses to run as
/// root ("root" execution of the PostgreSQL server is not permitted), so root hands over to an account without privileges.
/// </summary>
internal sealed class ServerAccount
{
    private readonly string? _setpriv;

    private ServerAccount(string name, string? setpriv)
    {
        Name = name;
        _setpriv = setpriv;
    }

    /// <summary>The account's name.</summary>
    public string Name { get; }

    /// <summary>True where the programs run as somebody else than this process.</summary>
    public bool IsAnother => _setpriv is not null;

    /// <exception cref="UnavailableException">This process is root, and there is nobody to hand over to.</exception>
    public static ServerAccount Find(Machine machine)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return new ServerAccount(Environment.UserName, null);

        var setpriv =
            machine.Find("setpriv")
            ?? new[] { "/usr/bin/setpriv", "/bin/setpriv" }.FirstOrDefault(File.Exists) // a service's PATH may be bare
            ?? throw new UnavailableException(
                "this process is root, PostgreSQL refuses to run as root, and the program setpriv (package util-linux), which hands over to another account, is not in PATH"
            );
        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        var name =
            new[] { "postgres", "nobody" }.FirstOrDefault(accounts.Contains)
            ?? throw new UnavailableException(
                "this process is root, PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody' to run it as"
            );
        return new ServerAccount(name, setpriv);
    }

    /// <summary>The program and its arguments, such that they run as this account.</summary>
    public (string Program, IReadOnlyList<string> Arguments) Command(
        string program,
        params IEnumerable<string> arguments
    ) =>
        _setpriv is null
            ? (program, [.. arguments])
            : (_setpriv, [$"--reuid={Name}", $"--regid={GroupId()}", "--clear-groups", program, .. arguments]);

    /// <summary>Runs a program to its end.</summary>
    public async Task<BufferedCommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string input = "",
        CancellationToken cancellationToken = default
    )
    {
        var (file, all) = Command(program, arguments);
        return await Cli.Wrap(file)
            .WithArguments(all)
            .WithWorkingDirectory(AnyReachableDirectory)
            .WithStandardInputPipe(PipeSource.FromString(input))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellationToken);
    }

    /// <summary>
    /// Runs a program that leaves another one running behind it, and returns the exit code. Its output is not ours to
    /// read: on Windows the one left behind inherits our end of the pipe and holds it open for ever.
    /// </summary>
    public async Task<int> RunDetachingAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken
    )
    {
        if (!OperatingSystem.IsWindows())
            return (await RunAsync(program, arguments, cancellationToken: cancellationToken)).ExitCode;
        var (file, all) = Command(program, arguments);
        using var process = Process.Start(
            new ProcessStartInfo(file, all) { UseShellExecute = false, WorkingDirectory = AnyReachableDirectory }
        )!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Starts a program and leaves it running, with its standard input in our hand.</summary>
    public Process Start(string program, params IEnumerable<string> arguments)
    {
        var (file, all) = Command(program, arguments);
        return Process.Start(
            new ProcessStartInfo(file, all)
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
                WorkingDirectory = AnyReachableDirectory,
            }
        )!;
    }

    /// <summary>Gives a directory we made to the account.</summary>
    public async Task OwnAsync(string directory, CancellationToken cancellationToken)
    {
        if (!IsAnother)
            return;
        await Cli.Wrap("chown")
            .WithArguments([$"{Name}:{GroupId()}", directory])
            .ExecuteBufferedAsync(cancellationToken);
    }

    // /root, where root's processes usually stand, is closed to the account; initdb and pg_ctl complain about that.
    private static string AnyReachableDirectory => OperatingSystem.IsWindows() ? Path.GetTempPath() : "/";

    // By number: the group of 'nobody' is 'nogroup' in Debian and 'nobody' in Fedora.
    private string GroupId() =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(entry => entry[0] == Name)[3];
}
