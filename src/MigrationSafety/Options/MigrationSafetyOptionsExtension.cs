using System.Globalization;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using MigrationSafety.Execution;

namespace MigrationSafety.Options.Internal;

/// <summary>Carries the options in the context's options, and registers the services.</summary>
internal sealed class MigrationSafetyOptionsExtension : IDbContextOptionsExtension
{
    private static readonly IReadOnlyDictionary<(Type, Type?), Type> EmptyReplacements =
        new Dictionary<(Type, Type?), Type>();

    private DbContextOptionsExtensionInfo? _info;

    public MigrationSafetyOptionsExtension() { }

    private MigrationSafetyOptionsExtension(MigrationSafetyOptionsExtension copyFrom) => Options = copyFrom.Options;

    public MigrationSafetyOptions Options { get; private set; } = new();

    public DbContextOptionsExtensionInfo Info => _info ??= new ExtensionInfo(this);

    public MigrationSafetyOptionsExtension WithOptions(MigrationSafetyOptions options)
    {
        var clone = Clone();
        clone.Options = options;
        return clone;
    }

    private MigrationSafetyOptionsExtension Clone() => new(this);

    public void ApplyServices(IServiceCollection services) => SafeMigratorRegistration.Register(services);

    public void Validate(IDbContextOptions options)
    {
        var core = options.FindExtension<CoreOptionsExtension>();
        // EF Core applies ReplaceService after every extension, over whatever the extension registered.
        foreach (var ((service, _), replacement) in core?.ReplacedServices ?? EmptyReplacements)
        {
            if (
                service == typeof(IMigrationsSqlGenerator)
                && Options.OnlineRewrites
                && !replacement.IsAssignableTo(typeof(OnlineMigrationsSqlGenerator))
            )
            {
                throw new InvalidOperationException(
                    $"ReplaceService<{service.Name}, {replacement.Name}>() takes the place of UseMigrationSafety()'s own {service.Name}: "
                        + "migrations would lock tables while they build indexes and look at rows. Derive "
                        + $"{replacement.Name} from {nameof(OnlineMigrationsSqlGenerator)}, or turn rewriting off: "
                        + "UseMigrationSafety(o => o.OnlineRewrites(false))."
                );
            }

            if (service == typeof(IMigrator))
            {
                throw new InvalidOperationException(
                    $"ReplaceService<{service.Name}, …>() takes the place of UseMigrationSafety()'s own {service.Name}: migrations would "
                        + "run without lock, time-outs and guards. Remove one of the two calls."
                );
            }
        }

        // With an internal service provider of the application's own, EF Core does not ask extensions for services.
        if (core?.InternalServiceProvider is { } provider && provider.GetService<SafeMigratorRegistration>() is null)
        {
            throw new InvalidOperationException(
                "UseInternalServiceProvider() was given a provider without the services of UseMigrationSafety(): migrations would run "
                    + "without lock, time-outs and guards. Remove UseInternalServiceProvider(), or UseMigrationSafety()."
            );
        }
    }

    private sealed class ExtensionInfo(MigrationSafetyOptionsExtension extension)
        : DbContextOptionsExtensionInfo(extension)
    {
        private new MigrationSafetyOptionsExtension Extension => (MigrationSafetyOptionsExtension)base.Extension;

        public override bool IsDatabaseProvider => false;

        public override string LogFragment
        {
            get
            {
                var o = Extension.Options;
                FormattableString text =
                    $"MigrationSafety(createDatabase={o.CreateDatabase} allowOutOfOrder={o.AllowOutOfOrder} allowDataLoss={o.AllowDataLoss} allowEdited={o.AllowEdited} hazards={o.Hazards} plan={o.Plan} expectPlan={o.ExpectedPlan} lockTimeout={o.LockTimeout} firstLockTimeout={o.FirstLockTimeout} lockWait={o.LockWait} runnerWait={o.RunnerWait} statementTimeout={o.StatementTimeout} nonTransactionalTimeout={o.NonTransactionalTimeout} reconnectWait={o.ReconnectWait} longTransaction={o.LongTransaction} freeDisk={o.FreeDisk} onlineRewrites={o.OnlineRewrites} journalSchema={o.JournalSchema} handleSignals={o.HandleSignals}) ";
                return text.ToString(CultureInfo.InvariantCulture);
            }
        }

        // The options are read from the context's own options at each run; no service is made of them. So every context with the
        // rails can share one service provider, whatever its options are. Only what Validate looks at counts: EF Core asks it once
        // for each provider.
        public override int GetServiceProviderHashCode() => Extension.Options.OnlineRewrites.GetHashCode();

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other) =>
            other is ExtensionInfo info && info.Extension.Options.OnlineRewrites == Extension.Options.OnlineRewrites;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo) =>
            debugInfo["MigrationSafety"] = LogFragment.Trim();
    }
}
