using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;

namespace Refrain.Chat;

/// <summary>One way to an answer: a client, the model it is asked for, what it costs, what it can do. Immutable.</summary>
public sealed class ChatRoute
{
    /// <summary>A route.</summary>
    /// <param name="name">Name for messages, metrics and <see cref="RefrainProperties.Route"/>; unique in a router.</param>
    /// <param name="client">The client; the router does not dispose of it.</param>
    /// <param name="model">The model that is asked for. Null: whatever the request names, or the client's default.</param>
    /// <param name="price">What it costs. Null: what <see cref="Prices"/> says.</param>
    public ChatRoute(string name, IChatClient client, string? model = null, ModelPrice? price = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(client);
        Name = name;
        Client = client;
        Model = model;
        Price = price;
    }

    /// <summary>Name of the route.</summary>
    public string Name { get; }

    /// <summary>The client.</summary>
    public IChatClient Client { get; }

    /// <summary>The model that is asked for, or null.</summary>
    public string? Model { get; }

    /// <summary>What it costs, whatever model is asked for; null where <see cref="Prices"/> says it.</summary>
    public ModelPrice? Price { get; }

    /// <summary>
    /// Finds the price by the model that is asked for, where <see cref="Price"/> is null. Under a budget a model without a price is not asked:
    /// <see cref="ModelPrice.Free"/> is the price of one that costs nothing. Null: no list.
    /// </summary>
    public ModelPrices? Prices { get; init; }

    /// <summary>Smaller comes first. Default: 0.</summary>
    public int Priority { get; init; }

    /// <summary>Share of the requests under <see cref="RouteOrder.Weighted"/>; positive. Default: 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>What the model can do. Default: all.</summary>
    public RouteCapabilities Capabilities { get; init; } = RouteCapabilities.All;

    /// <summary>Most tokens that input and output have together. Null: no limit is known.</summary>
    public int? ContextTokensMax { get; init; }

    /// <summary>
    /// Most tokens of an answer. A request that names no limit is given this one where a budget is in force: the worst case is then known. Default: 4,096.
    /// </summary>
    public int OutputTokensMax { get; init; } = 4096;

    /// <summary>Most tokens that an image or file is counted for in the worst case. Default: 5,000.</summary>
    public int AttachmentTokens { get; init; } = 5000;

    /// <summary>Most calls at once; further requests go to other routes. Null: no limit.</summary>
    public int? ConcurrentMax { get; init; }

    /// <summary>How long a whole answer may take. Default: 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a stream may take to its first token. Default: 15 s.</summary>
    public TimeSpan FirstTokenTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a stream may be silent after it has begun. Default: 30 s.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Budgets of this route alone.</summary>
    public IReadOnlyList<Budget> Budgets { get; init; } = [];

    /// <summary>Counts tokens where the provider does not. Null: worst cases count bytes, estimates a quarter of them.</summary>
    public Tokenizer? Tokenizer { get; init; }

    internal void Validate()
    {
        if (!double.IsFinite(Weight) || Weight <= 0) throw new ArgumentOutOfRangeException(nameof(Weight), Weight, $"The weight of \"{Name}\" is a finite number above 0.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(OutputTokensMax);
        ArgumentOutOfRangeException.ThrowIfNegative(AttachmentTokens);
        if (ContextTokensMax is { } context) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(context, nameof(ContextTokensMax));
        if (ConcurrentMax is { } concurrent) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(concurrent, nameof(ConcurrentMax));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstTokenTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SilenceTimeout, TimeSpan.Zero);
    }
}
