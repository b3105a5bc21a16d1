using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>Writes the SQL files of a new migration beside it, and says which hazards it holds, while it is still being written.</summary>
internal sealed class ReviewingScaffolder(
    MigrationsScaffolderDependencies dependencies,
    ScaffoldedChanges changes,
    IEnumerable<INewTableSql> templates
) : MigrationsScaffolder(dependencies)
{
    private readonly ToolOutput _output = new(dependencies);

    public override MigrationFiles Save(
        string projectDir,
        ScaffoldedMigration migration,
        string? outputDir,
        bool dryRun = false
    )
    {
        var files = base.Save(projectDir, migration, outputDir, dryRun);
        var project = Path.GetFileName(Path.TrimEndingDirectorySeparator(projectDir));
        foreach (var file in changes.Sql.SelectMany(sql => new[] { sql.Up, sql.Down }))
        {
            var path = Path.Combine(projectDir, file.Path);
            if (File.Exists(path))
            {
                _output.Information($"{project}/{file.Path} was there already and is kept as it is.");
            }
            else if (!dryRun)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file.Sql);
            }
        }

        foreach (var sql in changes.Sql)
        {
            _output.Information(
                $"{project}/{sql.Up.Path} goes with the new table: fill in who may do what, and its way back in {Path.GetFileName(sql.Down.Path)}."
            );
        }

        Review(migration.MigrationId);
        return files;
    }

    // The migration is written by now: whatever goes wrong here must not look as if it were not.
    private void Review(string id)
    {
        try
        {
            if (changes.Up.Count == 0)
            {
                var context = Dependencies.CurrentContext.Context.GetType().Name;
                _output.Warning(
                    $"{id} is empty: the model is as the migration before left it. Where it was to hold a change: is the entity's configuration "
                        + $"applied in {context}.OnModelCreating (modelBuilder.ApplyConfiguration(new …Configuration());), and the property mapped in it? "
                        + "Take this migration away (dotnet ef migrations remove), mend that, and add it again. Where you write its SQL by hand, this is right."
                );
                return;
            }

            if (ScaffoldReview.Of(changes, id, Dependencies.CurrentContext.Context) is { } text)
            {
                _output.Warning(text);
            }
            else
            {
                _output.Information("No hazard was found in it.");
            }
        }
        catch (Exception e)
        {
            _output.Warning($"Hazards of the new migration could not be looked for: {e.Message}");
        }
    }

    public override MigrationFiles RemoveMigration(
        string projectDir,
        string? rootNamespace,
        bool force,
        string? language,
        bool dryRun = false
    )
    {
        var sql = OfLastMigration();
        var files = base.RemoveMigration(projectDir, rootNamespace, force, language, dryRun);
        if (files.MigrationFile is null)
        {
            return files;
        }

        foreach (var file in sql.SelectMany(pair => new[] { pair.Up, pair.Down }))
        {
            var path = Path.Combine(projectDir, file.Path);
            if (!File.Exists(path))
            {
                continue;
            }

            if (File.ReadAllText(path).ReplaceLineEndings("\n") != file.Sql)
            {
                _output.Warning($"{file.Path} was edited by hand and is left; no migration runs it any more.");
            }
            else if (!dryRun)
            {
                File.Delete(path);
                RemoveIfEmpty(Path.GetDirectoryName(path)!);
            }
        }

        return files;
    }

    private List<ScaffoldedSql> OfLastMigration()
    {
        if (Dependencies.MigrationsAssembly.Migrations.LastOrDefault() is not { Key: { } id, Value: var type })
        {
            return [];
        }

        var name = id.Split('_', 2) is [_, var rest] ? rest : id;
        return
        [
            .. Dependencies
                .MigrationsAssembly.CreateMigration(type, Dependencies.DatabaseProvider.Name)
                .UpOperations.OfType<CreateTableOperation>()
                .SelectMany(table => templates.Select(template => template.For(name, table)))
                .OfType<ScaffoldedSql>(),
        ];
    }

    private static void RemoveIfEmpty(string folder)
    {
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
