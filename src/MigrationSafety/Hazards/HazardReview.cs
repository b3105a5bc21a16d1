using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards;

/// <summary>Reads SQL and names the hazards in it. Needs no server.</summary>
/// <param name="options">What it has to know beside the SQL.</param>
public sealed class HazardReview(HazardOptions? options = null)
{
    private readonly HazardOptions _options = options ?? new HazardOptions();
    private SchemaState _schema = SchemaState.Empty;

    /// <summary>Reads SQL that makes what exists already, such as the output of <c>pg_dump --schema-only</c>. Nothing is said about it.</summary>
    public void AddSchema(string sql)
    {
        foreach (var statement in ScriptReader.Read(HazardScript.OfFile("", sql), _options))
        {
            _schema = _schema.Apply(statement.Statement);
        }
    }

    /// <summary>Reviews scripts, in the order in which they run. What one makes exists for the next.</summary>
    public HazardReport Review(IEnumerable<HazardScript> scripts)
    {
        var report = new ReportWriter();
        var ups = new Dictionary<string, (HazardScript Script, IReadOnlyList<ReviewedStatement> Statements)>();
        foreach (var script in scripts)
        {
            var statements = ScriptReader.Read(script, _options);
            (HazardScript Script, IReadOnlyList<ReviewedStatement> Statements) up = (script, []);
            var isDown =
                script is { Direction: "Down", Migration: not null } && ups.TryGetValue(script.Migration, out up);
            var after = Review(script, statements, isDown ? up.Statements : [], report);
            // Beside its Up where that is reviewed too; behind it where the Up is history, and the Down what is going to run.
            if (!isDown || up.Script.IsHistory)
            {
                _schema = after;
            }

            if (script is { Direction: "Up", Migration: { } id })
            {
                ups[id] = (script, statements);
            }
        }

        return report.Report;
    }

    private SchemaState Review(
        HazardScript script,
        IReadOnlyList<ReviewedStatement> statements,
        IReadOnlyList<ReviewedStatement> up,
        ReportWriter report
    )
    {
        var context = new HazardContext(script, _options, statements, up, _schema.NextMigration());
        var checks = script.Direction == "Down" ? Checks.Where(c => c.LooksAtDown).ToList() : Checks;
        report.Start(script);
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            context.Index = i;
            if (!script.IsHistory)
            {
                report.Read(statement);
                foreach (var check in checks)
                {
                    report.Add(check.Hazard.Id, check.Check(statement, context));
                }
            }

            context.Note(statement);
            context.Schema = context.Schema.Apply(statement.Statement);
            if (EndsMigration(statement))
            {
                context.Schema = context.Schema.NextMigration();
            }
        }

        context.Index = statements.Count;
        if (!script.IsHistory)
        {
            foreach (var check in checks)
            {
                report.Add(check.Hazard.Id, check.CheckEnd(context));
            }
        }

        report.Finish(statements);
        return context.Schema;
    }

    // In a script of several migrations, each ends with its row in the history table.
    private bool EndsMigration(ReviewedStatement statement) =>
        statement.Statement.DataChanges is [{ Verb: "INSERT", Table: var table }]
        && table.Name == _options.HistoryTable;

    internal IReadOnlyList<HazardCheck> Checks { get; init; } = HazardChecks.All;
}
