using System.Buffers;

namespace Refrain;

/// <summary>What the cache found. Holds no lease: its bytes never change and stay valid for ever.</summary>
public readonly struct CacheResult
{
    /// <summary>The entry, or on a miss the query's embedding: one field for both keeps what a hit copies small.</summary>
    private readonly object? _found;

    internal CacheResult(CacheEntry entry, HitKind kind, float similarity, Guards refusedBy = Guards.None)
    {
        _found = entry;
        Kind = kind;
        Similarity = similarity;
        RefusedBy = refusedBy;
    }

    /// <summary>A miss.</summary>
    internal CacheResult(float similarity, Guards refusedBy, ReadOnlyMemory<float> embedding)
    {
        _found = embedding.IsEmpty ? null : embedding;
        Similarity = similarity;
        RefusedBy = refusedBy;
    }

    /// <summary>The tier that answered; <see cref="HitKind.None"/> on a miss, and for the answer that a factory has just made.</summary>
    public HitKind Kind { get; }

    /// <summary>Whether a tier answered.</summary>
    public bool IsHit => Kind != HitKind.None;

    /// <summary>Whether the answer has outlived its time to live and is served by <see cref="CacheEntryOptions.StaleWhileRevalidate"/>.</summary>
    public bool IsStale => Entry is { IsStale: true };

    /// <summary>The answer's bytes; empty on a miss.</summary>
    public ReadOnlyMemory<byte> Payload => Entry is { } entry ? entry.Payload : default;

    /// <summary>1 on an exact or durable hit, the cosine in [-1, 1] on a semantic one. On a miss the nearest that was looked at, or NaN if none was.</summary>
    public float Similarity { get; }

    /// <summary>On a miss, the guard that refused the nearest text.</summary>
    public Guards RefusedBy { get; }

    /// <summary>When the answer was stored; <see cref="DateTimeOffset.MinValue"/> on a miss.</summary>
    public DateTimeOffset CreatedAt => Entry?.CreatedAt ?? default;

    /// <summary>How old the answer is now; zero on a miss.</summary>
    public TimeSpan Age => Entry is { } entry ? TimeSpan.FromTicks(Math.Max(0, entry.Clock.NowTicks - entry.CreatedTicks)) : TimeSpan.Zero;

    /// <summary>What the hit saved, in the currency of <see cref="CacheEntryOptions.Cost"/>; zero on a miss.</summary>
    public decimal Saved => IsHit && Entry is { } entry ? entry.Cost : 0;

    /// <summary>On a miss the query's embedding, where one was made or given: pass it to <see cref="SemanticCache.SetAsync"/> in <see cref="CacheQuery.Embedding"/>, and nothing is embedded twice.</summary>
    public ReadOnlyMemory<float> Embedding => _found is ReadOnlyMemory<float> embedding ? embedding : default;

    /// <summary>The answer as UTF-8 text; empty on a miss. An answer asked for again and again as text is decoded twice, and its text then counted in <see cref="SemanticCacheOptions.ExactBytesMax"/>.</summary>
    public string GetString() => Entry is { } entry ? entry.AnswerText() : "";

    /// <summary>Writes the answer's bytes.</summary>
    /// <exception cref="ArgumentNullException">The writer is null.</exception>
    public void WriteTo(IBufferWriter<byte> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Payload.Span);
    }

    internal CacheEntry? Entry => _found as CacheEntry;
}
