namespace Refrain.Gateway;

/// <summary>What the demo model costs: made-up prices, as it is a made-up model, of the size that real ones had when this was written.</summary>
internal static class DemoPrices
{
    /// <summary>A price list in the form of the files that users write.</summary>
    public const string Json = """
        { "date": "2026-01-01", "currency": "USD",
          "models": { "demo-small": { "input": 0.5, "output": 2 }, "demo-large": { "input": 2.5, "output": 10 } } }
        """;
}
