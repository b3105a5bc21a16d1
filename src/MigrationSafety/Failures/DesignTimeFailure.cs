using Microsoft.EntityFrameworkCore;

namespace MigrationSafety.Failures;

/// <summary>Makes EF Core's tools print the message of a failure and nothing else.</summary>
/// <remarks>
/// A bundle and <c>dotnet ef</c> print the stack trace of every exception but one type,
/// <c>Microsoft.EntityFrameworkCore.Design.OperationException</c> (MigrationsBundle.Execute and dotnet-ef's Program.Main, 10.0). That type
/// lives in the Design package, which an application does not ship, so the rails do not reference it: when the tools run us, it is
/// loaded already and is found by name. Where it is not found, the exception stays what it was.
/// </remarks>
internal static class DesignTimeFailure
{
    private const string OperationException = "Microsoft.EntityFrameworkCore.Design.OperationException";

    public static Exception AsToolsExpect(Exception exception) =>
        EF.IsDesignTime
        && AppDomain
            .CurrentDomain.GetAssemblies()
            .FirstOrDefault(assembly => assembly.GetName().Name == "Microsoft.EntityFrameworkCore.Design")
            ?.GetType(OperationException)
            is { } type
        && Activator.CreateInstance(type, exception.Message, exception) is Exception operationException
            ? operationException
            : exception;
}
