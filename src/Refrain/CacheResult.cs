using System.Buffers;
using System.Text;

namespace Refrain;

/// <summary>What the cache found. Holds no lease: its bytes never change and stay valid for ever.</summary>
public readonly struct CacheResult
{
    private readonly CacheEntry? _entry;

    internal CacheResult(CacheEntry? entry, HitKind kind, float similarity, Guards refusedBy = Guards.None, ReadOnlyMemory<float> embedding = default)
    {
        _entry = entry;
        Kind = kind;
        Similarity = similarity;
        RefusedBy = refusedBy;
        Embedding = embedding;
    }

    /// <summary>The tier that answered; <see cref="HitKind.None"/> on a miss, and for the answer that a factory has just made.</summary>
    public HitKind Kind { get; }

    /// <summary>Whether a tier answered.</summary>
    public bool IsHit => Kind != HitKind.None;

    /// <summary>The answer's bytes; empty on a miss.</summary>
    public ReadOnlyMemory<byte> Payload => _entry is null ? default : _entry.Payload;

    /// <summary>1 on an exact or durable hit, the cosine in [-1, 1] on a semantic one. On a miss the nearest that was looked at, or NaN if none was.</summary>
    public float Similarity { get; }

    /// <summary>On a miss, the guard that refused the nearest text.</summary>
    public Guards RefusedBy { get; }

    /// <summary>When the answer was stored; <see cref="DateTimeOffset.MinValue"/> on a miss.</summary>
    public DateTimeOffset CreatedAt => _entry?.CreatedAt ?? default;

    /// <summary>How old the answer is now; zero on a miss.</summary>
    public TimeSpan Age => _entry is null ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(0, _entry.Clock.NowTicks - _entry.CreatedTicks));

    /// <summary>What the hit saved, in the currency of <see cref="CacheEntryOptions.Cost"/>; zero on a miss.</summary>
    public decimal Saved => _entry is null || !IsHit ? 0 : _entry.Cost;

    /// <summary>The query's embedding, where one was made or given: pass it to <see cref="SemanticCache.SetAsync"/> in <see cref="CacheQuery.Embedding"/>, and nothing is embedded twice.</summary>
    public ReadOnlyMemory<float> Embedding { get; }

    /// <summary>The answer as UTF-8 text; empty on a miss.</summary>
    public string GetString() => _entry is null ? "" : Encoding.UTF8.GetString(_entry.Payload);

    /// <summary>Writes the answer's bytes.</summary>
    /// <exception cref="ArgumentNullException">The writer is null.</exception>
    public void WriteTo(IBufferWriter<byte> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Payload.Span);
    }

    internal CacheEntry? Entry => _entry;
}
