using Microsoft.EntityFrameworkCore;

namespace Data.Migrations.Samples;

/// <summary>Hooks sample data into EF Core's own seeding, which follows the migrations.</summary>
internal static class SampleDataSeeding
{
    internal static DbContextOptionsBuilder UseSampleData(this DbContextOptionsBuilder options) =>
        // Both paths: the bundle and dotnet ef call the synchronous one, Database.MigrateAsync() the other.
        options
            .UseSeeding(
                (context, _) =>
                    SampleData.EnsureAsync((AppDbContext)context, Console.WriteLine).GetAwaiter().GetResult()
            )
            .UseAsyncSeeding(
                (context, _, cancellationToken) =>
                    SampleData.EnsureAsync((AppDbContext)context, Console.WriteLine, cancellationToken)
            );
}
