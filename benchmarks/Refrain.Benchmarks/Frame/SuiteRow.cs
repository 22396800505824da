using System.Text.Json.Serialization;

namespace Refrain.Benchmarks;

/// <summary>One figure.</summary>
/// <param name="Suite">Name of the suite.</param>
/// <param name="Case">What was measured, such as "hit, n = 100,000".</param>
/// <param name="Metric">Which property of it, such as "p99".</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit, such as "µs"; empty for a plain number.</param>
/// <param name="Peer">Whom it is compared with. Null: nobody.</param>
/// <param name="Ratio">How many times better than the peer this is. Null: not compared.</param>
internal sealed record SuiteRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("case")] string Case,
    [property: JsonPropertyName("metric")] string Metric,
    [property: JsonPropertyName("value")] double Value,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("peer"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Peer = null,
    [property: JsonPropertyName("ratio"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Ratio = null);
