using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Computes the similarity of one stored vector to the query, and believes nothing that was written meanwhile.</summary>
/// <param name="arena">The stored vectors.</param>
/// <param name="dimensions">Numbers in a vector.</param>
internal sealed unsafe class Scorer(Arena arena, int dimensions)
{
    /// <summary>Of floats that are added up.</summary>
    private const float Rounding = 2e-6f;

    private readonly float _fineError = 0.009f / MathF.Sqrt(dimensions);
    private readonly RecordLayout _layout = arena.Layout;

    /// <summary>Who is told the keys that may be found; null: nobody.</summary>
    public IFetcher? Fetcher { get; set; }

    /// <summary>
    /// Bytes against bytes: the similarity is at most this far off. A step is about 1/32 of a coordinate's spread of 1/√n, and both sides are rounded;
    /// this is five standard deviations.
    /// </summary>
    public float CoarseError { get; } = 0.064f / MathF.Sqrt(dimensions);

    /// <summary>
    /// Floats against ten bits: a quarter of the step, on one side only, and only across the stored vector. Four and a half standard deviations.
    /// </summary>
    /// <param name="similarity">Where it is asked for.</param>
    public float FineError(float similarity) => _fineError * MathF.Sqrt(MathF.Max(0, 1 - similarity * similarity)) + Rounding;

    /// <summary>Scores a slot by its bytes.</summary>
    /// <returns>False: the slot is free, expired, of another namespace, just being written, or was written or removed at another time than the search sees.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryScore(SearchContext context, UInt128 space, uint slot, out float similarity)
    {
        var header = (RecordHeader*)arena.Record(slot);
        uint sequence = Volatile.Read(ref header->Sequence);
        context.Work.CodeCount++;
        if (!context.IsEncoded)
            context.EncodeQuery();
        int dot = Kernel.DotCodes((byte*)header + RecordHeader.HeaderSize, context.Query, _layout.CodeLength) - context.QueryBias;
        similarity = dot * header->Scale * context.QueryScale;
        return IsLive(header, space, context) && IsVisible(header, sequence, context.Snapshot);
    }

    /// <summary>Scores a slot by all its bits.</summary>
    /// <returns>False: see <see cref="TryScore"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryScoreFine(SearchContext context, UInt128 space, uint slot, out VectorMatch match)
    {
        var header = (RecordHeader*)arena.Record(slot);
        uint sequence = Volatile.Read(ref header->Sequence);
        context.Work.FineCount++;

        // Before the comparison: what the caller keeps at the key is on its way meanwhile. Should the key be torn, another's is.
        Fetcher?.Fetch(header->Key);
        float similarity = Quantiser.FineDot(
            context.Vector, (byte*)header + RecordHeader.HeaderSize, (byte*)header + _layout.RestOffset, header->Scale, _layout.CodeLength);
        match = new VectorMatch(header->Key, Math.Clamp(similarity, -1, 1));
        return IsLive(header, space, context) && IsVisible(header, sequence, context.Snapshot);
    }

    private static bool IsLive(RecordHeader* header, UInt128 space, SearchContext context) =>
        header->Version - 1 < context.Snapshot && header->NamespaceLow == (ulong)space && header->NamespaceHigh == (ulong)(space >> 64)
        && (header->ExpiresAt == long.MaxValue || header->ExpiresAt > context.Now);

    /// <summary>Whether what was read is true, and is what the search sees.</summary>
    private static bool IsVisible(RecordHeader* header, uint sequence, ulong snapshot)
    {
        Volatile.ReadBarrier();
        uint now = Volatile.Read(ref header->Sequence);
        if ((sequence & 1) != 0)
            return false;
        if (now == sequence && (now & RecordHeader.Retired) == 0)
            return true;
        // Retiring changes nothing of what was read; and what a search still needs is not erased before it ends.
        if (((now ^ sequence) & ~RecordHeader.Retired) != 0 || Volatile.Read(ref header->Checksum) <= snapshot)
            return false;
        // The number of the write that retired it, and not the checksum of a record that has taken its place since.
        Volatile.ReadBarrier();
        return Volatile.Read(ref header->Sequence) == now;
    }
}
