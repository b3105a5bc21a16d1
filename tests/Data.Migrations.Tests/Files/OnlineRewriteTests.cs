using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Data.Migrations.Tests.Files;

public sealed class OnlineRewriteTests
{
    [Fact]
    public void The_first_migrations_make_their_tables_themselves_so_nothing_of_them_is_rewritten()
    {
        Assert.Equal(Script(rewrites: false), Script(rewrites: true));

        static string Script(bool rewrites)
        {
            var options = new DbContextOptionsBuilder<AppDbContext>();
            options.UseAppDatabase("Host=nowhere.invalid").UseMigrationSafety(o => o.OnlineRewrites(rewrites));
            using var context = new AppDbContext(options.Options);
            return context.GetService<IMigrator>().GenerateScript(toMigration: "ApiAuditLog");
        }
    }
}
