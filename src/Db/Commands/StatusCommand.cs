using System.CommandLine;
using Db.Console;
using Db.Databases;

namespace Db.Commands;

/// <summary><c>db status</c>: which server, which migrations, who is asking and what they may do.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var command = new DocumentedCommand(
            "status",
            "Show the server, the applied and the pending migrations, who you are there and what you may do.",
            """
            Exit code 1 where migrations are pending, or the database knows migrations that this build does not.

            Examples:
              db status
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db status --json
            """
        )
        {
            connection,
        };
        command.SetAction((parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(connection), ct));
        return command;
    }

    private static async Task<int> RunAsync(Report report, string? typed, CancellationToken ct)
    {
        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        var server = await ServerStatus.ReadAsync(connection, ct);
        var migrations = await Migrations.ReadAsync(connection, ct);

        Show(report, database, server);
        Show(report, migrations);
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                server,
                migrations,
            }
        );
        return migrations.Pending.Count == 0 && migrations.Unknown.Count == 0
            ? ExitCode.AsExpected
            : ExitCode.DiffersOrRefused;
    }

    private static void Show(Report report, NamedDatabase database, ServerStatus server)
    {
        report.Line(
            $"server      PostgreSQL {server.Version} at {database.Connection.Server}, named by {database.Source}"
        );
        report.Line($"database    {server.Database}, owned by {server.DatabaseOwner}");
        if (server.IsReplica)
        {
            report.Line("            a replica: it takes no writes, and so no migrations", "yellow");
        }

        report.Line($"you are     {server.User}{List(" (", server.Attributes, ")")}");
        report.Line($"may act as  {(server.MemberOf.Count == 0 ? "nobody else" : string.Join(", ", server.MemberOf))}");
        foreach (var privilege in server.Privileges)
        {
            report.Line(
                privilege.Allowed
                    ? $"you may     {privilege.What}"
                    : $"you may not {privilege.What}; a superuser or the owner can allow it: {privilege.Grant}",
                privilege.Allowed ? null : "yellow"
            );
        }

        static string List(string before, IReadOnlyList<string> items, string after) =>
            items.Count == 0 ? "" : before + string.Join(", ", items) + after;
    }

    private static void Show(Report report, Migrations migrations)
    {
        var rows = migrations
            .Applied.Select(id => (State: "applied", Id: id))
            .Concat(migrations.Pending.Select(id => (State: "pending", Id: id)))
            .Concat(migrations.Unknown.Select(id => (State: "unknown", Id: id)));
        report.Table(["migration", "state"], rows, row => [row.Id, row.State], row => $"{row.State, -11} {row.Id}");
        if (migrations.Unknown.Count > 0)
        {
            report.Line(
                "The database knows migrations that this build does not: a newer release was here. Use that release's build.",
                "yellow"
            );
        }
        else if (migrations.Pending.Count > 0)
        {
            report.Line(
                $"{migrations.Pending.Count} pending; apply them with the bundle, or: dotnet ef database update --project Data.Migrations",
                "yellow"
            );
        }
    }
}
