using System.Text.Json;

namespace Refrain.Chat;

/// <summary>Counts what goes through a chat client.</summary>
internal sealed class ChatTotals
{
    private readonly Lock _lock = new();
    private readonly long[] _notStored = new long[Enum.GetValues<StoreRefusal>().Length];
    private readonly long[] _hits = new long[Enum.GetValues<HitKind>().Length];
    private long _misses;
    private long _shared;
    private long _bypassed;
    private long _stored;
    private decimal _saved;
    private decimal _embeddings;

    public void Hit(in CacheResult result, string text, RefrainChatOptions options)
    {
        Interlocked.Increment(ref _hits[(int)result.Kind]);
        if (result.Kind == HitKind.Semantic) Embedded(text, options);
        decimal saved = result.Saved;
        if (saved == 0) return;
        lock (_lock) _saved += saved;
    }

    public void Miss(in CacheResult result, string text, RefrainChatOptions options)
    {
        Interlocked.Increment(ref _misses);
        if (!result.Embedding.IsEmpty) Embedded(text, options);
    }

    public void Share() => Interlocked.Increment(ref _shared);

    public void Bypass() => Interlocked.Increment(ref _bypassed);

    public void Store() => Interlocked.Increment(ref _stored);

    public void Refuse(StoreRefusal refusal) => Interlocked.Increment(ref _notStored[(int)refusal]);

    public ChatStatistics Read()
    {
        var notStored = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (StoreRefusal refusal in Enum.GetValues<StoreRefusal>())
        {
            long count = Interlocked.Read(ref _notStored[(int)refusal]);
            if (count > 0) notStored.Add(JsonNamingPolicy.CamelCase.ConvertName(refusal.ToString()), count);
        }

        decimal saved, embeddings;
        lock (_lock) (saved, embeddings) = (_saved, _embeddings);
        return new ChatStatistics
        {
            ExactHits = Interlocked.Read(ref _hits[(int)HitKind.Exact]),
            DurableHits = Interlocked.Read(ref _hits[(int)HitKind.Durable]),
            SemanticHits = Interlocked.Read(ref _hits[(int)HitKind.Semantic]),
            Misses = Interlocked.Read(ref _misses),
            Shared = Interlocked.Read(ref _shared),
            Bypassed = Interlocked.Read(ref _bypassed),
            Stored = Interlocked.Read(ref _stored),
            NotStored = notStored,
            Saved = saved,
            EmbeddingCost = embeddings,
        };
    }

    private void Embedded(string text, RefrainChatOptions options)
    {
        if (options.EmbeddingPricePerMillion == 0) return;
        decimal cost = TokenCount.Estimate(text) * options.EmbeddingPricePerMillion / 1_000_000m;
        lock (_lock) _embeddings += cost;
    }
}
