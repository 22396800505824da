namespace Refrain.Gateway;

/// <summary>What one threshold does to a stream of prompts.</summary>
/// <param name="Threshold">Least similarity of a hit.</param>
/// <param name="Prompts">Prompts in the stream.</param>
/// <param name="Exact">Prompts that repeat an earlier one character by character: hits whatever the threshold.</param>
/// <param name="Semantic">Semantic hits, and those of them whose group is another.</param>
/// <param name="Repeats">Prompts that are no exact repeat and whose group came before.</param>
/// <param name="RepeatsServed">Those of them that hit.</param>
internal readonly record struct StreamRow(float Threshold, int Prompts, int Exact, WrongShare Semantic, int Repeats, int RepeatsServed);
