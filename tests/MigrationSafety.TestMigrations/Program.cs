using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;
using MigrationSafety.TestMigrations;

// Runs as a bundle does: <context> <connection string> [target] [-- arguments]. 0 done, 1 failed, message on stderr.
// <context> script: writes what dotnet ef migrations script would write, and touches no server.
var separator = Array.IndexOf(args, "--");
var own = separator < 0 ? args : args[..separator];
var arguments = MigrationSafetyArguments.Parse(separator < 0 ? [] : args[(separator + 1)..]);
Faults.FromEnvironment();
try
{
    var isScript = own[1] == "script";
    var connectionString = isScript ? "Host=localhost" : own[1];
    using DbContext context = own[0] switch
    {
        nameof(PlainContext) => new PlainContext(connectionString, Configure),
        nameof(SlowContext) => new SlowContext(connectionString, Configure),
        nameof(MixedContext) => new MixedContext(connectionString, Configure),
        nameof(OnlineContext) => new OnlineContext(connectionString, Configure),
        _ => throw new ArgumentException($"no context {own[0]}"),
    };
    if (isScript)
    {
        Console.Write(context.GetService<IMigrator>().GenerateScript());
        return 0;
    }

    if (own.Length > 2)
    {
        context.Database.Migrate(own[2]);
    }
    else
    {
        context.Database.Migrate();
    }

    Console.WriteLine("Done.");
    return 0;
}
catch (Exception e)
{
    Console.Error.WriteLine(e is MigrationSafetyException ? e.Message : e.ToString());
    return 1;
}

void Configure(MigrationSafetyOptionsBuilder o) => o.HandleSignals().UseArguments(arguments);
