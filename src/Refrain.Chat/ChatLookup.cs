using Microsoft.Extensions.AI;
using Microsoft.Extensions.ObjectPool;

namespace Refrain.Chat;

/// <summary>One request's question to the cache, over pooled bytes. Dispose it after the look-up was awaited.</summary>
internal sealed class ChatLookup : IDisposable
{
    private const string Field = "chat";

    private static readonly DefaultObjectPool<ChatLookup> Pool = new(new DefaultPooledObjectPolicy<ChatLookup>(), 64);

    private CacheScopeBuilder? _builder;

    /// <summary>Why there is no question, or None.</summary>
    public BypassReason Refusal { get; private set; }

    /// <summary>The question, over bytes that are valid until disposal.</summary>
    public CacheQuery Query { get; private set; }

    public static ChatLookup Of(
        string tenant, byte[] provider, IReadOnlyList<ChatMessage> messages, ChatOptions? options, RefrainRequest request, RefrainChatOptions rules, string? condensed)
    {
        ChatLookup lookup = Pool.Get();
        using ChatIdentity identity = ChatIdentity.Of(provider, messages, options, rules, condensed);
        lookup.Refusal = identity.Refusal;
        if (identity.Refusal != BypassReason.None) return lookup;
        if (lookup._builder is null) lookup._builder = new CacheScopeBuilder(tenant);
        else lookup._builder.Reset(tenant);
        lookup._builder.Add(Field, identity.Scope);
        lookup.Query = new CacheQuery(lookup._builder.Lend(), identity.Text) { Policy = PolicyOf(request, identity.TextIsLast) };
        return lookup;
    }

    /// <summary>The question over bytes of its own, for an upstream call that outlives the look-up.</summary>
    public CacheQuery Keep() => new(_builder!.Build(), Query.Text) { Policy = Query.Policy };

    public void Dispose()
    {
        _builder?.Dispose();
        Query = default;
        Refusal = BypassReason.None;
        Pool.Return(this);
    }

    private static HitPolicy PolicyOf(RefrainRequest request, bool textIsLast)
    {
        bool semantic = textIsLast && !request.ExactOnly;
        if (request.SimilarityThreshold is null && !request.Shadow) return semantic ? HitPolicy.Default : HitPolicy.ExactOnly;
        return new HitPolicy { Semantic = semantic, SimilarityThreshold = request.SimilarityThreshold, Shadow = request.Shadow };
    }
}
