namespace Refrain.Benchmarks;

/// <summary>An option of a suite.</summary>
/// <param name="Name">With its dashes, such as <c>--dims</c>.</param>
/// <param name="Value">What stands after it, such as <c>NUMBER</c>. Null: it is a switch.</param>
/// <param name="Summary">What it does, with the default.</param>
internal sealed record SuiteOption(string Name, string? Value, string Summary);
