using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>What an upstream call cost.</summary>
/// <param name="Amount">From 0, in the currency of the prices.</param>
/// <param name="InputTokens">From 0.</param>
/// <param name="OutputTokens">From 0.</param>
/// <param name="Estimated">Whether some count of tokens is an estimate.</param>
internal readonly record struct CallCost(decimal Amount, long InputTokens, long OutputTokens, bool Estimated)
{
    /// <summary>Works the cost out from what the provider reported, and from estimates where it reported nothing.</summary>
    /// <param name="price">The model's price, or null: it costs nothing.</param>
    /// <param name="usage">What the provider reported; may be null, or null in part. Negative counts are taken for absent.</param>
    /// <param name="estimateInput">Asked only if the provider did not report the input.</param>
    /// <param name="estimateOutput">Asked only if the provider did not report the output.</param>
    public static CallCost Of(ModelPrice? price, UsageDetails? usage, Func<long> estimateInput, Func<long> estimateOutput)
    {
        bool estimated = usage?.InputTokenCount is not >= 0 || usage.OutputTokenCount is not >= 0;
        long input = usage?.InputTokenCount is { } knownInput and >= 0 ? knownInput : estimateInput();
        long output = usage?.OutputTokenCount is { } knownOutput and >= 0 ? knownOutput : estimateOutput();
        long cached = Math.Max(0, usage?.CachedInputTokenCount ?? 0);
        return new CallCost(price?.CostOf(input, output, cached) ?? 0, input, output, estimated);
    }
}
