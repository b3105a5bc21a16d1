using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>A statement under review, with its surroundings.</summary>
/// <param name="Statement">The statement.</param>
/// <param name="Text">Its text.</param>
/// <param name="Command">The command it is part of.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="Transaction">The number of the transaction that it shares with others; null when it is committed by itself.</param>
/// <param name="Accepted">What the comments above it accept.</param>
/// <param name="IsNested">Whether it stands inside a DO block.</param>
internal sealed record ReviewedStatement(
    Statement Statement,
    string Text,
    HazardCommand Command,
    FindingPlace Place,
    int? Transaction,
    IReadOnlyList<AcceptComment> Accepted,
    bool IsNested
);
