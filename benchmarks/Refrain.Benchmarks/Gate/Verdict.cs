namespace Refrain.Benchmarks;

/// <summary>What the gate thinks of one figure.</summary>
/// <param name="Gauge">Name of the gauge.</param>
/// <param name="Metric">Name of the figure.</param>
/// <param name="Value">The figure, where there is one.</param>
/// <param name="Complaint">What is wrong. Null: nothing.</param>
internal sealed record Verdict(string Gauge, string Metric, double? Value, string? Complaint);
