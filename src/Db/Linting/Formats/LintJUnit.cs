using System.Globalization;
using System.Text;
using System.Xml;
using MigrationSafety.Hazards;

namespace Db.Linting.Formats;

/// <summary>The outcome as JUnit's XML: a failed test for each finding, a passed one for each direction or file without any.</summary>
internal static class LintJUnit
{
    public static string Of(LintOutcome outcome)
    {
        var tests = outcome.Subjects.Sum(subject => Math.Max(1, subject.Findings.Count));
        var text = new Utf8Text();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartDocument();
            xml.WriteStartElement("testsuites");
            Totals(xml, outcome, tests);
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", "db lint");
            Totals(xml, outcome, tests);
            xml.WriteAttributeString("errors", "0");
            xml.WriteAttributeString("skipped", Number(outcome.Accepted.Count()));
            foreach (var subject in outcome.Subjects)
            {
                Write(xml, subject);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return text.ToString();
    }

    private static void Write(XmlWriter xml, LintSubject subject)
    {
        var prefix = subject.Direction is null ? "" : $"{subject.Direction}: ";
        if (subject.Findings.Count == 0)
        {
            Start(xml, subject, $"{prefix}no hazard");
            xml.WriteEndElement();
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var found in subject.Findings)
        {
            var finding = found.Finding;
            var name = $"{prefix}{finding.Hazard}{(finding.Object is null ? "" : $" on {finding.Object}")}";
            // Readers take two tests of one name for one.
            var unique = name;
            for (var i = 2; !names.Add(unique); i++)
            {
                unique = $"{name} ({Number(i)})";
            }

            Start(xml, subject, Clean(unique));
            if (found.AcceptedBecause is { } reason)
            {
                xml.WriteStartElement("skipped");
                xml.WriteAttributeString("message", Clean($"accepted: {reason}"));
                xml.WriteEndElement();
            }
            else
            {
                xml.WriteStartElement("failure");
                xml.WriteAttributeString("type", finding.Hazard);
                xml.WriteAttributeString("message", Clean(finding.What));
                xml.WriteString(
                    Clean(
                        $"{Place(finding.Where)}{finding.Where.Sql}\n\n{finding.What}\n\nInstead:\n{finding.Instead}\n\n"
                            + $"More: {FindingText.Page(finding.Hazard)}"
                    )
                );
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }
    }

    private static void Start(XmlWriter xml, LintSubject subject, string name)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean(subject.Name));
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("time", "0");
        if (subject.File is { } file)
        {
            xml.WriteAttributeString("file", Clean(file));
        }
    }

    private static void Totals(XmlWriter xml, LintOutcome outcome, int tests)
    {
        xml.WriteAttributeString("tests", Number(tests));
        xml.WriteAttributeString("failures", Number(outcome.Unaccepted.Count()));
        xml.WriteAttributeString("time", "0");
    }

    private static string Place(FindingPlace where) =>
        where.File is null ? ""
        : where.Line > 0 ? $"{where.File}:{Number(where.Line)}\n"
        : $"{where.File}\n";

    // What XML 1.0 has no way to write, not even escaped.
    private static string Clean(string text) =>
        string.Concat(
            text.EnumerateRunes()
                .Select(rune =>
                    rune.Value is < 32 and not (9 or 10 or 13) or 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString()
                )
        );

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // XmlWriter declares the encoding of what it writes to.
    private sealed class Utf8Text : StringWriter
    {
        public Utf8Text()
            : base(CultureInfo.InvariantCulture) { }

        public override Encoding Encoding => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
    }
}
