namespace Refrain.Gateway;

/// <summary>Two texts, and whether the answer to one is valid for the other.</summary>
internal readonly record struct LabelledPair(string TextA, string TextB, bool IsValid);
