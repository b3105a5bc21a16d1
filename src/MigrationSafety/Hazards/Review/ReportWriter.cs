using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Sorts what the checks find into findings and accepted ones, and keeps account of the acceptances.</summary>
internal sealed class ReportWriter
{
    private readonly List<Finding> _findings = [];
    private readonly List<AcceptedFinding> _accepted = [];
    private readonly List<UnmatchedAcceptance> _unmatched = [];
    private readonly List<UnreadStatement> _unread = [];
    private readonly List<(ReviewedStatement Statement, Finding Finding)> _ofScript = [];
    private readonly HashSet<Finding> _known = [];
    private HazardScript _script = new([]);

    public HazardReport Report => new(_findings, _accepted, _unmatched, _unread);

    public void Start(HazardScript script)
    {
        _script = script;
        _ofScript.Clear();
        _known.Clear();
    }

    /// <summary>Notes a statement that could not be read.</summary>
    public void Read(ReviewedStatement statement)
    {
        if (statement.Statement is UnknownStatement unknown)
        {
            _unread.Add(new UnreadStatement(unknown.Why, statement.Place));
        }
    }

    public void Add(string hazard, IEnumerable<Found> found)
    {
        foreach (var one in found)
        {
            var finding = new Finding(
                hazard,
                one.What,
                one.Instead,
                one.Statement.Place,
                one.Object,
                _script.Migration is null
                    ? $"-- accept: {hazard} (why it is no danger here)"
                    : $"[AcceptHazard(\"{hazard}\", \"why it is no danger here\"{(one.Object is null ? "" : $", On = {CSharp.Literal(one.Object)}")})]"
            );
            if (_known.Add(finding))
            {
                _ofScript.Add((one.Statement, finding));
            }
        }
    }

    /// <summary>Ends a script: what was accepted goes to one side, and an acceptance that accepted nothing is told.</summary>
    public void Finish(IReadOnlyList<ReviewedStatement> statements)
    {
        if (_script.IsHistory)
        {
            return;
        }

        var order = new Dictionary<ReviewedStatement, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < statements.Count; i++)
        {
            order[statements[i]] = i;
        }

        var usedAttributes = new HashSet<AcceptedHazard>();
        var usedComments = new HashSet<AcceptComment>();
        foreach (var (statement, finding) in _ofScript.OrderBy(o => order.GetValueOrDefault(o.Statement, int.MaxValue)))
        {
            if (
                statement.Accepted.FirstOrDefault(c => c.Hazard == finding.Hazard && c.Reason.Length > 0) is { } comment
            )
            {
                usedComments.Add(comment);
                _accepted.Add(new AcceptedFinding(finding, comment.Reason));
            }
            else if (_script.Accepted.FirstOrDefault(a => Accepts(a, finding)) is { } attribute)
            {
                usedAttributes.Add(attribute);
                _accepted.Add(new AcceptedFinding(finding, attribute.Reason));
            }
            else
            {
                _findings.Add(finding);
            }
        }

        foreach (var statement in statements.Where(s => !s.IsNested))
        {
            foreach (var comment in statement.Accepted.Where(c => !usedComments.Contains(c)))
            {
                _unmatched.Add(
                    new UnmatchedAcceptance(
                        comment.Hazard,
                        Why(comment.Hazard, comment.Reason.Length == 0),
                        statement.Place with
                        {
                            Line = comment.Line,
                        }
                    )
                );
            }
        }

        UsedAttributes(usedAttributes);
    }

    private readonly Dictionary<string, HashSet<AcceptedHazard>> _usedByMigration = [];

    // One attribute may speak of Up or of Down: it is unmatched only when neither has the hazard. Told at the Down, which comes last, or
    // at the Up of a migration that is never followed by its Down.
    private void UsedAttributes(HashSet<AcceptedHazard> used)
    {
        if (_script.Migration is not { } id)
        {
            return;
        }

        if (!_usedByMigration.TryGetValue(id, out var before))
        {
            _usedByMigration[id] = before = [];
        }

        before.UnionWith(used);
        _unmatched.RemoveAll(u => u.Where.Migration == id && u.Where.Sql.Length == 0);
        _unmatched.AddRange(
            _script
                .Accepted.Where(a =>
                    !before.Contains(a) && !a.DependsOnDatabase && !ObservedHazards.Ids.Contains(a.Hazard)
                )
                .Select(a => new UnmatchedAcceptance(
                    a.Hazard,
                    Why(a.Hazard, hasNoReason: false),
                    new FindingPlace(id, null, _script.File, 0, "")
                ))
        );
    }

    private static bool Accepts(AcceptedHazard accepted, Finding finding) =>
        accepted.Hazard == finding.Hazard
        && (accepted.On is null || (finding.Object is not null && Bare(accepted.On) == Bare(finding.Object)));

    // "public"."users" and users are the same for whoever accepts.
    private static string Bare(string name)
    {
        var bare = name.Replace("\"", "", StringComparison.Ordinal);
        return bare.StartsWith("public.", StringComparison.Ordinal) ? bare["public.".Length..] : bare;
    }

    private static string Why(string hazard, bool hasNoReason)
    {
        if (HazardChecks.Hazards.All(h => h.Id != hazard))
        {
            return $"There is no hazard with the id {hazard}. Write an id as a finding names it, or remove the acceptance.";
        }

        return hasNoReason
            ? $"A hazard is accepted with a reason: -- accept: {hazard} (why it is no danger here)"
            : $"Nothing here has the hazard {hazard}. Remove the acceptance: it would hide the next one.";
    }
}
