namespace MigrationSafety.Statements.Lexing;

/// <summary>What a token is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or an unquoted name.</summary>
    Word,

    /// <summary>A name in double quotes.</summary>
    QuotedName,

    /// <summary>A string of any kind, dollar-quoted ones too.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary>An operator or punctuation.</summary>
    Symbol,

    /// <summary>Behind the last one.</summary>
    End,
}

/// <summary>One token of SQL.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Words in upper case, quoted names and strings without their quotes, symbols as written.</param>
/// <param name="Start">Where it starts in its text, from 0.</param>
/// <param name="End">Behind its last character.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text, int Start, int End)
{
    /// <summary>The name in the catalogs: quoted ones as they are, others folded to lower case.</summary>
    public string Name => Kind == SqlTokenKind.Word ? Text.ToLowerInvariant() : Text;

    public bool IsWord(string word) => Kind == SqlTokenKind.Word && Text == word;

    public bool IsSymbol(string symbol) => Kind == SqlTokenKind.Symbol && Text == symbol;

    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;
}
