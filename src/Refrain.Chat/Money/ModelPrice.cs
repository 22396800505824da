namespace Refrain.Chat;

/// <summary>What one model costs, in the currency of its price list. Prices are decimals from 0 to a thousand million; nothing here is binary floating point.</summary>
public sealed record ModelPrice
{
    /// <summary>Any number of tokens at this price is still a decimal.</summary>
    internal const decimal Largest = 1_000_000_000m;

    private readonly decimal _input;
    private readonly decimal? _cachedInput;
    private readonly decimal _output;
    private readonly decimal _request;

    /// <summary>The price of what costs nothing, such as a model on one's own machine.</summary>
    public static ModelPrice Free { get; } = new();

    /// <summary>A million input tokens.</summary>
    public decimal InputPerMillion { get => _input; init => _input = InRange(value, nameof(InputPerMillion)); }

    /// <summary>A million input tokens that the provider had in its own cache. Null: as other input.</summary>
    public decimal? CachedInputPerMillion
    {
        get => _cachedInput;
        init => _cachedInput = value is { } price ? InRange(price, nameof(CachedInputPerMillion)) : null;
    }

    /// <summary>A million output tokens, reasoning included.</summary>
    public decimal OutputPerMillion { get => _output; init => _output = InRange(value, nameof(OutputPerMillion)); }

    /// <summary>Each request, whatever its tokens.</summary>
    public decimal PerRequest { get => _request; init => _request = InRange(value, nameof(PerRequest)); }

    /// <summary>What so many tokens cost.</summary>
    /// <param name="inputTokens">From 0, cached ones included.</param>
    /// <param name="outputTokens">From 0.</param>
    /// <param name="cachedInputTokens">From 0 to <paramref name="inputTokens"/>.</param>
    public decimal CostOf(long inputTokens, long outputTokens, long cachedInputTokens = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(outputTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(cachedInputTokens);
        long cached = Math.Min(cachedInputTokens, inputTokens);
        decimal input = ((inputTokens - cached) * _input) + (cached * (_cachedInput ?? _input));
        return _request + ((input + (outputTokens * _output)) / 1_000_000m);
    }

    /// <summary>A price from a floating-point number, such as one read from a spreadsheet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is NaN, infinite, negative or above a thousand million.</exception>
    public static decimal FromDouble(double price) =>
        double.IsFinite(price) && price is >= 0 and <= (double)Largest
            ? (decimal)price
            : throw new ArgumentOutOfRangeException(nameof(price), price, $"A price is a finite number from 0 to {Largest}.");

    private static decimal InRange(decimal price, string name) =>
        price is >= 0 and <= Largest ? price : throw new ArgumentOutOfRangeException(name, price, $"A price is a number from 0 to {Largest}.");
}
