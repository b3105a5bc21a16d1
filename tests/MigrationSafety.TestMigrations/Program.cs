using Microsoft.EntityFrameworkCore;
using MigrationSafety;
using MigrationSafety.TestMigrations;

// Runs as a bundle does: <context> <connection string> [target] [-- arguments]. 0 done, 1 failed, message on stderr.
var separator = Array.IndexOf(args, "--");
var own = separator < 0 ? args : args[..separator];
var arguments = MigrationSafetyArguments.Parse(separator < 0 ? [] : args[(separator + 1)..]);
Faults.FromEnvironment();
try
{
    using DbContext context = own[0] switch
    {
        nameof(PlainContext) => new PlainContext(own[1], Configure),
        nameof(SlowContext) => new SlowContext(own[1], Configure),
        nameof(MixedContext) => new MixedContext(own[1], Configure),
        nameof(OnlineContext) => new OnlineContext(own[1], Configure),
        _ => throw new ArgumentException($"no context {own[0]}"),
    };
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
