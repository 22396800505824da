namespace Refrain.Chat;

/// <summary>What one model costs, in the currency of its price list. Prices are decimals from 0; nothing here is binary floating point.</summary>
public sealed record ModelPrice
{
    private readonly decimal _input;
    private readonly decimal? _cachedInput;
    private readonly decimal _output;
    private readonly decimal _request;

    /// <summary>A million input tokens.</summary>
    public decimal InputPerMillion { get => _input; init => _input = NotNegative(value, nameof(InputPerMillion)); }

    /// <summary>A million input tokens that the provider had in its own cache. Null: as other input.</summary>
    public decimal? CachedInputPerMillion
    {
        get => _cachedInput;
        init => _cachedInput = value is { } price ? NotNegative(price, nameof(CachedInputPerMillion)) : null;
    }

    /// <summary>A million output tokens, reasoning included.</summary>
    public decimal OutputPerMillion { get => _output; init => _output = NotNegative(value, nameof(OutputPerMillion)); }

    /// <summary>Each request, whatever its tokens.</summary>
    public decimal PerRequest { get => _request; init => _request = NotNegative(value, nameof(PerRequest)); }

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
    /// <exception cref="ArgumentOutOfRangeException">It is NaN, infinite, negative or beyond a decimal.</exception>
    public static decimal FromDouble(double price) =>
        double.IsFinite(price) && price is >= 0 and < 7e27
            ? (decimal)price
            : throw new ArgumentOutOfRangeException(nameof(price), price, "A price is a finite number from 0.");

    private static decimal NotNegative(decimal price, string name) =>
        price >= 0 ? price : throw new ArgumentOutOfRangeException(name, price, "A price is not negative.");
}
