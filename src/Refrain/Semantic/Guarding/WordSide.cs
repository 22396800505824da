namespace Refrain;

/// <summary>A place in a pair of opposites.</summary>
/// <param name="Pair">The pair, from 1; 0 for none.</param>
/// <param name="IsOpposite">Whether the word stands on the second side.</param>
/// <param name="IsDirection">Whether the opposites are of degree, order or place.</param>
internal readonly record struct WordSide(ushort Pair, bool IsOpposite, bool IsDirection);
