namespace Refrain;

/// <summary>What a token is.</summary>
internal enum TokenKind : byte
{
    Word,
    Number,
    Date,
    Clock,
    Sign,
}
