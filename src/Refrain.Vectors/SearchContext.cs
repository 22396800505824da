namespace Refrain.Vectors;

/// <summary>All that one search or insert needs besides the index: its buffers, and the query as they hold it. Pooled, and used by one thread at a time.</summary>
internal sealed unsafe class SearchContext
{
    private readonly NativeBlock _block;
    private readonly Rotation _rotation;
    private readonly RecordLayout _layout;
    private int _busy;

    public SearchContext(Rotation rotation, RecordLayout layout)
    {
        _rotation = rotation;
        _layout = layout;
        int floats = rotation.PaddedDimensions;
        _block = new NativeBlock(2 * floats * sizeof(float) + layout.CodeLength + 256);
        Vector = (float*)_block.Pointer;
        Query = (sbyte*)(_block.Pointer + (floats * sizeof(float) + 63) / 64 * 64);
    }

    /// <summary>The vector, rotated, of length 1.</summary>
    public float* Vector { get; }

    /// <summary>Its signed bytes.</summary>
    public sbyte* Query { get; }

    /// <summary>What a step of <see cref="Query"/> stands for.</summary>
    public float QueryScale { get; private set; }

    /// <summary>128 · Σ query: what the stored codes' 128 adds to each dot product.</summary>
    public int QueryBias { get; private set; }

    /// <summary>The best candidates so far.</summary>
    public Shortlist Best { get; } = new();

    /// <summary>Milliseconds since 1970 at which the search began.</summary>
    public long Now { get; set; }

    /// <summary>Stored vectors that this search scored.</summary>
    public long ScoredCount { get; set; }

    public bool TryRent() => Interlocked.CompareExchange(ref _busy, 1, 0) == 0;

    public void Return() => Volatile.Write(ref _busy, 0);

    public bool IsBusy => Volatile.Read(ref _busy) != 0;

    /// <summary>Checks a vector, makes it one long, and rotates it.</summary>
    /// <exception cref="ArgumentException">See <see cref="VectorCheck.Norm"/>.</exception>
    public void Prepare(ReadOnlySpan<float> vector)
    {
        float norm = VectorCheck.Norm(vector, _rotation.Dimensions);
        fixed (float* source = vector)
            FloatLoops.Scale(source, 1 / norm, Vector, vector.Length);
        _rotation.Apply(Vector);
    }

    /// <summary>Makes the bytes that stored codes are compared with.</summary>
    public void EncodeQuery()
    {
        QueryScale = Quantiser.ScaleOf(Vector, _rotation.PaddedDimensions);
        QueryBias = 128 * Quantiser.EncodeQuery(Vector, _rotation.PaddedDimensions, QueryScale, Query, _layout.CodeLength);
    }
}
