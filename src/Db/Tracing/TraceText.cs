using System.Globalization;
using Db.Compatibility;
using Db.Console;
using Db.Tracing.Findings;
using Db.Tracing.Observing;

namespace Db.Tracing;

/// <summary>Writes a trace for people.</summary>
internal static class TraceText
{
    private const int StatementWidth = 100;

    public static void Show(Report report, TraceReport trace)
    {
        report.Line($"Traced on {trace.Server}, {Number(trace.RowsPerTable)} rows for each table.");
        foreach (var migration in trace.Migrations)
        {
            report.Line();
            report.Line(migration.Id, "bold");
            ShowRows(report, migration);
            foreach (var run in migration.Runs)
            {
                Show(report, run);
            }

            Show(report, migration.NotRestored);
            Show(report, migration.PreviousRelease, "The previous release on the new schema");
            Show(report, migration.CodeFirst, "The new release on the old schema");
            foreach (var finding in migration.Findings)
            {
                Show(report, finding);
            }
        }

        report.Line();
        var dangers = trace.Dangers.Count();
        report.Line(
            dangers == 0
                ? $"{trace.Migrations.Count} {(trace.Migrations.Count == 1 ? "migration" : "migrations")}, no danger that is not accepted."
                : $"{dangers} {(dangers == 1 ? "danger" : "dangers")}. Change the migration, or accept one on its class, with the reason: "
                    + "[AcceptHazard(\"id\", \"why it is no danger here\", On = \"table\")]",
            dangers == 0 ? "green" : "red"
        );
    }

    private static void ShowRows(Report report, TracedMigration migration)
    {
        if (migration.Tables.Count == 0)
        {
            return;
        }

        report.Line(
            $"  rows: {string.Join(", ", migration.Tables.Where(t => t.WhyNone is null).Select(t => $"{t.Table} {Number(t.Rows)}"))}",
            "grey"
        );
        foreach (var table in migration.Tables.Where(t => t.WhyNone is not null))
        {
            report.Line($"  no rows in {table.Table}: {table.WhyNone}", "yellow");
        }
    }

    private static void Show(Report report, TracedRun run)
    {
        var seen = run.Statements.Where(IsToBeSeen).ToList();
        var others = run.Statements.Count - seen.Count;
        report.Line($"  {run.Direction}");
        var transaction = 0;
        foreach (var statement in seen)
        {
            if (statement.Transaction != transaction)
            {
                transaction = statement.Transaction;
                report.Line(
                    statement.InTransaction ? "    in one transaction:" : "    outside of a transaction:",
                    "grey"
                );
            }

            report.Line($"    {statement.Number, 3}  {OneLine(statement.Sql)}");
            foreach (var line in Evidence(statement))
            {
                report.Line($"           {line}", "grey");
            }
        }

        if (others > 0)
        {
            report.Line(
                seen.Count == 0
                    ? $"         {others} {(others == 1 ? "statement touches" : "statements touch")} nothing that existed before."
                    : $"         {others} more {(others == 1 ? "touches" : "touch")} nothing that existed before.",
                "grey"
            );
        }

        if (run.Failure is { Sql: { } sql })
        {
            report.Line($"         failed at: {OneLine(sql)}", "red");
        }
    }

    private static void Show(Report report, IReadOnlyList<string>? notRestored)
    {
        if (notRestored is null)
        {
            return;
        }

        report.Line(
            notRestored.Count == 0
                ? "  The catalogs after Down are those before Up."
                : $"  The catalogs after Down are not those before Up, {notRestored.Count} {(notRestored.Count == 1 ? "difference" : "differences")}:"
        );
        foreach (var difference in notRestored)
        {
            report.Line($"    {difference}", "grey");
        }
    }

    private static bool IsToBeSeen(ObservedStatement s) =>
        s.Locks.Any(l => l.Mode > LockMode.AccessShare)
        || s.Rewritten.Count + s.IndexesBuilt.Count + s.Changed.Count + s.Marked.Count > 0
        || s.Dropped.Any(d => d.State != ObservedObject.OfOwnUp)
        || s.Scanned.Any(x => x.IsWhole);

    private static IEnumerable<string> Evidence(ObservedStatement statement)
    {
        foreach (var group in statement.Locks.Where(l => l.Mode > LockMode.AccessShare).GroupBy(l => l.Mode))
        {
            var held =
                !statement.InTransaction ? "while it runs"
                : statement.HeldStatements == 0 ? "until the commit"
                : $"until the commit, {statement.HeldStatements} {(statement.HeldStatements == 1 ? "statement" : "statements")} "
                    + $"and {Milliseconds(statement.HeldMilliseconds)} later";
            yield return $"{group.Key.Words()} on {string.Join(", ", group.Select(l => l.Table))}, {held}: {group.Key.Waits()}";
        }

        foreach (var (table, rows) in statement.Rewritten)
        {
            yield return $"rewrote {table}, {LockFindings.Count(rows)}, in {Milliseconds(statement.Milliseconds)}";
        }

        foreach (var index in statement.IndexesBuilt.GroupBy(i => i.Table))
        {
            yield return $"built {string.Join(", ", index.Select(i => i.Index))} over {index.Key}";
        }

        foreach (
            var scan in statement.Scanned.Where(s => s.IsWhole && statement.Rewritten.All(r => r.Table != s.Table))
        )
        {
            yield return $"read {Number(scan.Read)} rows of {scan.Table}";
        }

        foreach (var change in statement.Changed)
        {
            yield return change.IsTruncated
                ? $"emptied {change.Table}, {Number(change.Of)} rows"
                : $"changed {change.Table}: "
                    + string.Join(
                        ", ",
                        new[]
                        {
                            (change.Inserted, "inserted"),
                            (change.Updated, "updated"),
                            (change.Deleted, "deleted"),
                        }
                            .Where(c => c.Item1 > 0)
                            .Select(c => $"{Number(c.Item1)} {c.Item2}")
                    )
                    + $" of {Number(change.Of)}";
        }

        foreach (var gone in statement.Dropped.GroupBy(d => (d.Kind, d.State)))
        {
            yield return $"{(gone.Key.State == ObservedObject.OfOwnUp ? "dropped again" : "dropped")} {gone.Key.Kind} {string.Join(", ", gone.Select(d => d.Name))}";
        }

        foreach (var marked in statement.Marked)
        {
            yield return $"left {marked.Kind} {marked.Name} {marked.State}";
        }
    }

    private static void Show(Report report, ReleaseComparison? comparison, string title)
    {
        // A model without tables has nothing to say.
        if (comparison is null or { Tried: 0, Breaks.Count: 0, NotTried.Count: 0 })
        {
            return;
        }

        var who = comparison.Role is null ? "as the owner" : $"as {comparison.Role}";
        report.Line(
            $"  {title} (model of {comparison.Model}, {who}): "
                + (
                    comparison.Breaks.Count == 0
                        ? $"all {Number(comparison.Tried)} statements that worked before still do."
                        : $"{comparison.Breaks.Count} {(comparison.Breaks.Count == 1 ? "thing breaks" : "things break")}; {Number(comparison.Tried)} statements tried."
                )
        );
        foreach (var broken in comparison.Breaks)
        {
            report.Line(
                $"    {broken.Property ?? broken.Entity} ({broken.Table}{(broken.Column is null ? "" : "." + broken.Column)}): "
                    + $"{string.Join(", ", broken.Operations)}{(broken.When is null ? "" : $", when {broken.When}")}: {broken.Error}"
                    + (broken.SqlState is null ? "" : $" ({broken.SqlState})"),
                "grey"
            );
        }

        foreach (var untried in comparison.NotTried)
        {
            report.Line($"    {untried.Table}: {untried.Why}", "yellow");
        }
    }

    private static void Show(Report report, TraceFinding finding)
    {
        var where = finding.Statement == 0 ? finding.Direction : $"{finding.Direction}, statement {finding.Statement}";
        var name = finding.Accepted is null ? Name(finding.Severity) : "accepted";
        report.Line(
            $"  {name, -8} {finding.Id}{(finding.Object.Length == 0 ? "" : $" on {finding.Object}")} ({where})",
            finding.Accepted is not null ? "grey"
                : finding.Severity == Severity.Danger ? "red"
                : finding.Severity == Severity.Warning ? "yellow"
                : null
        );
        report.Line(
            $"           {finding.What.ReplaceLineEndings("\n").Replace("\n", "\n           ", StringComparison.Ordinal)}"
        );
        report.Line(
            finding.Accepted is null
                ? $"           Instead: {finding.Instead}"
                : $"           Accepted: {finding.Accepted}"
        );
    }

    private static string Name(Severity severity) =>
        severity switch
        {
            Severity.Danger => "DANGER",
            Severity.Warning => "warning",
            _ => "note",
        };

    private static string OneLine(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > StatementWidth ? line[..(StatementWidth - 1)] + "…" : line;
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(double milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");
}
