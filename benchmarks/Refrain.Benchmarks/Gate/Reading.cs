namespace Refrain.Benchmarks;

/// <summary>One figure of a gauge.</summary>
/// <param name="Metric">Its name, in snake case with the unit last, such as "allocated_bytes".</param>
/// <param name="Gate">How it is compared with its baseline.</param>
/// <param name="Value">The figure.</param>
internal readonly record struct Reading(string Metric, ReadingGate Gate, double Value);
