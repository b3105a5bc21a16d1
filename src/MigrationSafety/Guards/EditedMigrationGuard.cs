namespace MigrationSafety.Guards;

/// <summary>A migration that was edited after it was applied: this database does not have what the code says.</summary>
internal sealed class EditedMigrationGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        // With nothing recorded there is nothing to compare: not one migration has to be made for it.
        var edited = context.Options.AllowEdited
            ? []
            : context
                .Plan.Applied.Where(id =>
                    context.Checksums.TryGetValue(id, out var recorded)
                    && context.Assembly.Migrations.ContainsKey(id)
                    && context.Code.ChecksumOf(id) != recorded
                )
                .ToList();
        return ValueTask.FromResult(
            edited.Count == 0
                ? null
                : new Failure(
                    "MigrationEdited",
                    $"{string.Join(", ", edited)} {(edited.Count == 1 ? "was" : "were")} changed after being applied to this database, "
                        + "which does not have the change; a new database would.",
                    null,
                    "undo the change and put it into a new migration: dotnet ef migrations add <Name>. When the change makes no difference "
                        + "to the schema: -- --allow-edited, which records the new checksum."
                )
                {
                    AllowedBy = "--allow-edited",
                }
        );
    }
}
