using Data.Migrations;
using MigrationSafety.Schema;

namespace Db.Releasing;

/// <summary>The schema as it was before a release began to migrate: what going back is held against.</summary>
internal static class SchemaBefore
{
    /// <summary>Writes it down, once a release: a resumed one has changed it already.</summary>
    public static async Task KeepAsync(ReleaseContext context, CancellationToken ct)
    {
        if (!File.Exists(PathOf(context)))
        {
            await using var connection = await context.Database.OpenAsync(ct);
            var schema = await SchemaSnapshot.ReadAsync(connection, ExpectedSchema.Scope, ct);
            var next = PathOf(context) + ".new";
            await File.WriteAllTextAsync(next, schema.ToText(), ct);
            File.Move(next, PathOf(context), overwrite: true);
        }
    }

    /// <summary>Goes on with what an earlier release has written down, whose way back is taken over.</summary>
    public static void TakeOver(RecordFolder from, RecordFolder to)
    {
        if (File.Exists(PathOf(from)))
        {
            File.Copy(PathOf(from), PathOf(to));
        }
    }

    /// <summary>What is not as it was; nothing where it was not written down.</summary>
    public static async Task<IReadOnlyList<SchemaDifference>> CompareAsync(ReleaseContext context, CancellationToken ct)
    {
        if (await ReadAsync(context, ct) is not { } before)
        {
            return [];
        }

        await using var connection = await context.Database.OpenAsync(ct);
        return before.Compare(await SchemaSnapshot.ReadAsync(connection, ExpectedSchema.Scope, ct));
    }

    /// <summary>The schema; null where it was not written down.</summary>
    public static async Task<SchemaSnapshot?> ReadAsync(ReleaseContext context, CancellationToken ct) =>
        context.Folder is not null && File.Exists(PathOf(context))
            ? SchemaSnapshot.Parse(await File.ReadAllTextAsync(PathOf(context), ct))
            : null;

    private static string PathOf(ReleaseContext context) => PathOf(context.Folder!);

    private static string PathOf(RecordFolder folder) => Path.Combine(folder.Directory, "schema-before.snapshot");
}
