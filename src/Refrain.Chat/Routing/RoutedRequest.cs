using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>A request on its way through a router.</summary>
internal sealed class RoutedRequest
{
    private readonly ChatRouterOptions _rules;
    private readonly ChatOptions? _options;

    public RoutedRequest(IEnumerable<ChatMessage> messages, ChatOptions? options, ChatRouterOptions rules)
    {
        Messages = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        _rules = rules;
        _options = options.WithoutRefrain();
        string tenant = RefrainRequest.Of(options).Tenant ?? rules.Tenant;
        TenantBudgets = rules.TenantBudgets?.Invoke(tenant) ?? [];
        Needs = NeedsOf(Messages, options);
    }

    public IReadOnlyList<ChatMessage> Messages { get; }

    public IReadOnlyList<Budget> TenantBudgets { get; }

    public RouteCapabilities Needs { get; }

    /// <summary>The model that the caller named, or null.</summary>
    public string? Model => _options?.ModelId;

    /// <summary>Whether the route answers for another model than the one asked for.</summary>
    public bool IsFallback(ChatRoute route) =>
        Model is { } asked && route.Model is { } served && !string.Equals(asked, served, StringComparison.Ordinal);

    /// <summary>Every budget that a call on this route counts against.</summary>
    public IEnumerable<Budget> BudgetsOf(ChatRoute route) => _rules.Budgets.Concat(TenantBudgets).Concat(route.Budgets);

    /// <summary>What a call on this route costs, or null if nobody has said.</summary>
    public ModelPrice? PriceOf(ChatRoute route) => route.Price ?? route.Prices?.Find(AskedOf(route));

    /// <summary>Whether a call on this route can be held to its budgets. What has no price is not free.</summary>
    public bool IsPayable(ChatRoute route) => PriceOf(route) is not null || !BudgetsOf(route).Any();

    /// <summary>The model that a call on this route asks for, or null if only its client knows and does not say.</summary>
    public string? AskedOf(ChatRoute route) => route.Model ?? Model ?? route.Client.GetService<ChatClientMetadata>()?.DefaultModelId;

    /// <summary>The options for one route: its model, and a limit of output where a budget needs one.</summary>
    public ChatOptions? OptionsFor(ChatRoute route)
    {
        string? model = route.Model ?? Model;
        int? output = _options?.MaxOutputTokens ?? (BudgetsOf(route).Any() ? route.OutputTokensMax : null);
        if (model == Model && output == _options?.MaxOutputTokens) return _options;
        ChatOptions options = _options?.Clone() ?? new ChatOptions();
        options.ModelId = model;
        options.MaxOutputTokens = output;
        return options;
    }

    /// <summary>The most that a call on this route can cost.</summary>
    public decimal WorstCaseOf(ChatRoute route)
    {
        if (PriceOf(route) is not { } price) return 0;
        long input = TokenCount.InputAtMost(Messages, _options, route.Tokenizer, route.AttachmentTokens);
        return price.CostOf(input, OutputAtMost(route) * Choices());
    }

    /// <summary>Whether input and output probably fit into the model's window.</summary>
    public bool Fits(ChatRoute route) =>
        route.ContextTokensMax is not { } most || InputEstimate(route) + (_options?.MaxOutputTokens ?? 1) <= most;

    public long InputEstimate(ChatRoute route) => TokenCount.InputEstimate(Messages, _options, route.Tokenizer, route.AttachmentTokens);

    private long OutputAtMost(ChatRoute route) => Math.Max(0, _options?.MaxOutputTokens ?? route.OutputTokensMax);

    /// <summary>OpenAI's "n" asks for several answers, each of which is paid for.</summary>
    private long Choices()
    {
        object? value = null;
        _options?.AdditionalProperties?.TryGetValue("n", out value);
        long choices = value switch
        {
            int number => number,
            long number => number,
            JsonElement { ValueKind: JsonValueKind.Number } json when json.TryGetInt64(out long number) => number,
            _ => 1,
        };

        // Beyond this no provider answers, and the product with the tokens stays a long.
        return Math.Clamp(choices, 1, 1_000_000);
    }

    private static RouteCapabilities NeedsOf(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        RouteCapabilities needs = RouteCapabilities.None;
        if (options?.Tools is { Count: > 0 }) needs |= RouteCapabilities.Tools;
        if (options?.ResponseFormat is ChatResponseFormatJson) needs |= RouteCapabilities.Json;
        foreach (ChatMessage message in messages)
        {
            foreach (AIContent content in message.Contents)
                if (content is DataContent or UriContent or HostedFileContent) return needs | RouteCapabilities.Attachments;
        }

        return needs;
    }
}
