using System.Net;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>What answers: the cache, below it the router, below it the upstreams or the demo model.</summary>
internal sealed class ChatPipeline : IDisposable
{
    private readonly List<IChatClient> _models;

    private ChatPipeline(RefrainChatClient chat, List<IChatClient> models, WireIdentity identity, UpstreamClient? upstream)
    {
        Chat = chat;
        _models = models;
        Identity = identity;
        Upstream = upstream;
    }

    /// <summary>Asked with every request: the cache's own client.</summary>
    public RefrainChatClient Chat { get; }

    /// <summary>What requests are told apart by.</summary>
    public WireIdentity Identity { get; }

    /// <summary>The first upstream, or null where the demo model answers.</summary>
    public UpstreamClient? Upstream { get; }

    /// <summary>Builds it.</summary>
    public static ChatPipeline Build(
        GatewaySettings settings, SemanticCache cache, ModelPrices? prices, GatewayBudgets budgets, DemoModel demo, TimeProvider time, ILoggerFactory loggers)
    {
        var upstreams = settings.Upstreams.Select(options => (Options: options, Client: new UpstreamClient(UpstreamClient.CreateHttp(), options, time))).ToList();
        IChatClient answering = upstreams.Count == 0 ? demo : Route(settings, upstreams, prices, budgets, time);
        List<IChatClient> models = [answering, .. upstreams.Select(upstream => upstream.Client)];
        var options = new RefrainChatOptions
        {
            Tenant = GatewaySettings.LocalTenant,
            TemperatureMax = settings.TemperatureMax,
            CacheWithoutTemperature = settings.CacheWithoutTemperature,
            StoreToolCalls = settings.StoreToolCalls,
            // All that travels in it is in the messages and in WireNames.Request as well.
            IgnoreRawRepresentationFactory = true,
            Prices = prices,
            TimeProvider = time,
        };
        var chat = new RefrainChatClient(answering, cache, options, loggers);
        string upstreamName = upstreams.Count == 0 ? DemoModel.ProviderName : $"{upstreams[0].Options.Url.AbsoluteUri} {upstreams[0].Options.Model}";
        return new ChatPipeline(chat, models, new WireIdentity(upstreamName, settings.IgnoredFields), upstreams.FirstOrDefault().Client);
    }

    public void Dispose()
    {
        Chat.Dispose();
        foreach (IChatClient model in _models)
            model.Dispose();
    }

    private static ChatRouter Route(
        GatewaySettings settings, List<(UpstreamOptions Options, UpstreamClient Client)> upstreams, ModelPrices? prices, GatewayBudgets budgets, TimeProvider time)
    {
        // The first upstream's model is what requests mean; a later one's is another model, whose answers are not stored under this one's name.
        IEnumerable<ChatRoute> routes = upstreams.Select((upstream, place) => new ChatRoute($"{place + 1}: {upstream.Options.Name}", upstream.Client, place == 0 ? null : upstream.Options.Model)
        {
            Prices = prices,
            Priority = place,
            Timeout = upstream.Options.Timeout,
            // A model that thinks first is silent for long; only the total time tells that it is gone.
            FirstTokenTimeout = upstream.Options.Timeout,
            SilenceTimeout = upstream.Options.Timeout,
        });
        var options = new ChatRouterOptions
        {
            Deadline = settings.Upstreams.Max(upstream => upstream.Timeout),
            FallbackAcrossModels = settings.Upstreams.Skip(1).Any(upstream => upstream.Model is not null),
            TimeProvider = time,
            CountsAsToken = static update => update.AdditionalProperties?.ContainsKey(WireNames.Delta) == true,
            // With the callers' own keys a refused key or a spent allowance is one caller's: it must not close the route to the others.
            Classify = settings.HandsKeyOn
                ? static e => e is UpstreamException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests }
                    ? new ProviderFailure(FailureKind.Request)
                    : null
                : null,
        };
        budgets.Bind(options);
        return new ChatRouter(routes, options);
    }
}
