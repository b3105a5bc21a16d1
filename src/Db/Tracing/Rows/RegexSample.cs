using System.Text;

namespace Db.Tracing.Rows;

/// <summary>Makes texts that a regular expression matches; the same ones for the same number.</summary>
/// <remarks>Literals, classes, groups, alternatives and quantifiers are understood; look-around and back-references are not.</remarks>
internal sealed class RegexSample
{
    private readonly string _pattern;
    private uint _state;
    private int _at;

    private RegexSample(string pattern, int number)
    {
        _pattern = pattern;
        _state = (uint)number * 2654435761u + 1;
    }

    /// <summary>A text for the pattern, or null where the pattern is not understood.</summary>
    public static string? Of(string pattern, int number)
    {
        try
        {
            var sample = new RegexSample(pattern, number);
            var text = sample.Alternatives();
            return sample._at == pattern.Length ? text : null;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    private char? Peek => _at < _pattern.Length ? _pattern[_at] : null;

    private string Alternatives()
    {
        var alternatives = new List<string> { Sequence() };
        while (Peek == '|')
        {
            _at++;
            alternatives.Add(Sequence());
        }

        return alternatives[Pick(alternatives.Count)];
    }

    private string Sequence()
    {
        var text = new StringBuilder();
        while (Peek is { } c && c is not ('|' or ')'))
        {
            var start = _at;
            var atom = Atom();
            var (least, most) = Quantifier();
            var times = most <= least ? least : least + Pick(Math.Min(most - least, 3) + 1);
            var end = _at;
            for (var i = 0; i < times; i++)
            {
                if (i > 0)
                {
                    _at = start;
                    atom = Atom();
                }

                text.Append(atom);
            }

            _at = end;
        }

        return text.ToString();
    }

    private string Atom()
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '^' or '$':
                return "";
            case '.':
                return Letter();
            case '[':
                return Class();
            case '(':
                if (Peek == '?')
                {
                    if (!_pattern.AsSpan(_at).StartsWith("?:"))
                    {
                        throw new NotSupportedException();
                    }

                    _at += 2;
                }

                var text = Alternatives();
                return Peek == ')' && ++_at > 0 ? text : throw new NotSupportedException();
            case '\\':
                return Escape();
            case '*' or '+' or '?':
                throw new NotSupportedException();
            default:
                return c.ToString();
        }
    }

    private string Escape()
    {
        if (Peek is not { } c)
        {
            throw new NotSupportedException();
        }

        _at++;
        return c switch
        {
            'd' => Digit(),
            'w' => Letter(),
            's' => " ",
            'm' or 'M' or 'y' or 'A' or 'Z' => "",
            _ when char.IsLetterOrDigit(c) => throw new NotSupportedException(),
            _ => c.ToString(),
        };
    }

    private string Class()
    {
        var negated = Peek == '^';
        _at += negated ? 1 : 0;
        var chars = new List<char>();
        for (var first = true; Peek is { } c && (c != ']' || first); first = false)
        {
            _at++;
            if (c == '[' && Peek == ':')
            {
                var close = _pattern.IndexOf(":]", _at, StringComparison.Ordinal);
                chars.AddRange(Named(_pattern[(_at + 1)..close]));
                _at = close + 2;
            }
            else if (c == '\\')
            {
                chars.AddRange(Escape());
            }
            else if (Peek == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']')
            {
                var last = _pattern[_at + 1];
                _at += 2;
                for (var x = c; x <= last; x++)
                {
                    chars.Add(x);
                }
            }
            else
            {
                chars.Add(c);
            }
        }

        _at++;
        if (negated)
        {
            chars = [.. "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-".Where(x => !chars.Contains(x))];
        }

        return chars.Count == 0 ? throw new NotSupportedException() : chars[Pick(chars.Count)].ToString();
    }

    private static IEnumerable<char> Named(string name) =>
        name switch
        {
            "alpha" => "abcdefghijklmnopqrstuvwxyz",
            "lower" => "abcdefghijklmnopqrstuvwxyz",
            "upper" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "digit" => "0123456789",
            "alnum" => "abcdefghijklmnopqrstuvwxyz0123456789",
            "xdigit" => "0123456789abcdef",
            "space" => " ",
            "punct" => ".-_",
            _ => throw new NotSupportedException(),
        };

    private (int Least, int Most) Quantifier()
    {
        var (least, most) = (1, 1);
        switch (Peek)
        {
            case '*':
                (least, most) = (1, 4);
                _at++;
                break;
            case '+':
                (least, most) = (2, 5);
                _at++;
                break;
            case '?':
                (least, most) = (1, 1);
                _at++;
                break;
            case '{':
                var close = _pattern.IndexOf('}', _at);
                var bounds = close < 0 ? [] : _pattern[(_at + 1)..close].Split(',');
                if (bounds.Length == 0 || !int.TryParse(bounds[0], out least))
                {
                    throw new NotSupportedException();
                }

                most =
                    bounds.Length == 1 ? least
                    : int.TryParse(bounds[1], out var given) ? given
                    : least + 3;
                least = least == 0 && most > 0 ? 1 : least;
                _at = close + 1;
                break;
            default:
                return (1, 1);
        }

        if (Peek is '?' or '+')
        {
            _at++;
        }

        return (least, most);
    }

    private string Letter() => ((char)('a' + Pick(26))).ToString();

    private string Digit() => ((char)('0' + Pick(10))).ToString();

    private int Pick(int count)
    {
        _state = _state * 1664525u + 1013904223u;
        return (int)((_state >> 8) % (uint)count);
    }
}
