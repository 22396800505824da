using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>All that one search or insert needs besides the index: its buffers, and the query as they hold it. Pooled, and used by one thread at a time.</summary>
internal sealed unsafe class SearchContext
{
    /// <summary>Candidates that are looked at together, so that their memory is fetched together.</summary>
    public const int BatchLength = 64;

    /// <summary>Lines of band tables that are fetched together.</summary>
    public const int LineBatchLength = 32;

    private const int SeenLength = 1024;

    private const long NotRead = long.MinValue;

    private const int Free = 0, Rented = 1, Searching = 2;

    private readonly NativeBlock _block;
    private readonly Rotation _rotation;
    private readonly RecordLayout _layout;
    private readonly TimeProvider? _time;
    private ushort[] _distances = new ushort[256];
    private readonly ulong[] _seen = new ulong[SeenLength];
    private uint _searchNumber;
    private int _state;
    private ulong _snapshot = ulong.MaxValue;
    private long _now;

    /// <param name="rotation">How vectors are rotated.</param>
    /// <param name="layout">Where the parts of a slot lie.</param>
    /// <param name="time">Clock of its searches; null: nothing expires for them.</param>
    public SearchContext(Rotation rotation, RecordLayout layout, TimeProvider? time = null)
    {
        _rotation = rotation;
        _layout = layout;
        _time = time;
        int vectorSize = Aligned(rotation.PaddedDimensions * sizeof(float));
        int projectionSize = Rotation.ProjectionCountMin * sizeof(float);
        _block = new NativeBlock(2 * vectorSize + 4 * projectionSize + _layout.CodeLength + 16384);
        byte* next = _block.Pointer;
        Vector = (float*)Take(ref next, vectorSize);
        Margins = (float*)Take(ref next, projectionSize);
        Odds = (float*)Take(ref next, projectionSize);
        Scratch = (float*)Take(ref next, Math.Max(vectorSize, projectionSize));
        Query = (sbyte*)Take(ref next, layout.CodeLength);
        Sketch = Take(ref next, 128);
        BaseChances = (float*)Take(ref next, 256);
        Chances = (float*)Take(ref next, 256);
        Keys = (uint*)Take(ref next, 256);
        TurnedChances = (float*)Take(ref next, projectionSize + 2 * BandTable.KeyLengthMax * sizeof(float));
        TurnableOdds = (float*)Take(ref next, BandTable.KeyLengthMax * sizeof(float));
        TurnableSigns = (uint*)Take(ref next, BandTable.KeyLengthMax * sizeof(uint));
        Lines = (nint*)Take(ref next, LineBatchLength * sizeof(nint));
        Tags = Take(ref next, LineBatchLength);
        Pending = (uint*)Take(ref next, BatchLength * sizeof(uint));
        Survivors = (uint*)Take(ref next, BatchLength * sizeof(uint));
        Fresh = (uint*)Take(ref next, GraphSearch.AtOnce * RecordLayout.LinkCount * sizeof(uint));
    }

    /// <summary>The vector, rotated, of length 1.</summary>
    public float* Vector { get; }

    /// <summary>Its first projections after the mean is taken away: the signs of a sketch, and how far each is from turning.</summary>
    public float* Margins { get; }

    /// <summary>For each sign, the odds that a stored vector at the angle has it turned.</summary>
    public float* Odds { get; }

    /// <summary>Room for a vector or for projections.</summary>
    public float* Scratch { get; }

    /// <summary>The vector's signed bytes.</summary>
    public sbyte* Query { get; }

    /// <summary>The vector's sketch, and eight bytes more.</summary>
    public byte* Sketch { get; }

    /// <summary>For each table, the chance that a stored vector at the angle has the query's own key.</summary>
    public float* BaseChances { get; }

    /// <summary>For each table, the chance that such a vector has one of the keys that were looked up.</summary>
    public float* Chances { get; }

    /// <summary>For each table, the query's key.</summary>
    public uint* Keys { get; }

    /// <summary>For each sign, the chance that a stored vector at the angle has the query's own key of its table but for this sign.</summary>
    public float* TurnedChances { get; }

    /// <summary>For one table: the odds of the signs that are likely enough to be turned, the likeliest first.</summary>
    public float* TurnableOdds { get; }

    /// <summary>Which signs they are: one bit of the key each.</summary>
    public uint* TurnableSigns { get; }

    /// <summary>Slots that wait to be looked at.</summary>
    public uint* Pending { get; }

    /// <summary>Slots that passed the sketch.</summary>
    public uint* Survivors { get; }

    /// <summary>Neighbours whose sketches are being fetched.</summary>
    public uint* Fresh { get; }

    public int PendingCount { get; set; }

    /// <summary>Lines of band tables that were asked for.</summary>
    public nint* Lines { get; }

    /// <summary>The tag to look for in each of them.</summary>
    public byte* Tags { get; }

    /// <summary>How many of <see cref="Lines"/> wait.</summary>
    public int LineTotal { get; set; }

    /// <summary>When <see cref="Work"/> counts more lines, the search gives the tables up.</summary>
    public long LineEnd { get; set; }

    /// <summary>How far the vector is from the mean.</summary>
    public float CentredNorm { get; set; }

    /// <summary>What a step of <see cref="Query"/> stands for.</summary>
    public float QueryScale { get; private set; }

    /// <summary>128 · Σ query: what the stored codes' 128 adds to each dot product.</summary>
    public int QueryBias { get; private set; }

    /// <summary>Milliseconds since 1970, one moment a search: when it first meets a record that expires, because reading the clock costs as much as a transform.</summary>
    public long Now
    {
        get => _now != NotRead ? _now : _now = _time!.GetUtcNow().ToUnixTimeMilliseconds();
        set => _now = value;
    }

    /// <summary>What the sketches must fulfil.</summary>
    public HammingLimits Limits { get; } = new();

    /// <summary>The best candidates so far.</summary>
    public Shortlist Best { get; } = new();

    /// <summary>Where a search of the graph goes next.</summary>
    public Frontier Frontier { get; } = new();

    /// <summary>Where it has been.</summary>
    public VisitedSet Visited { get; } = new();

    /// <summary>Whether the nearest vector is wanted, and not just one that is near enough.</summary>
    public bool WantsNearest { get; set; }

    /// <summary>The nearest vector found so far that is near enough; NaN if there is none.</summary>
    public VectorMatch Hit { get; set; }

    /// <summary>Whether the search is over: one that is near enough was found, and no nearer one is wanted.</summary>
    public bool HasEnough => !WantsNearest && !float.IsNaN(Hit.Similarity);

    /// <summary>The nearest of those that are not near enough, by its bytes alone.</summary>
    public (float Similarity, uint Slot) Nearest { get; set; }

    /// <summary>Work done by this search.</summary>
    public WorkCounters Work { get; } = new();

    /// <summary>
    /// The latest write that the search sees: a record counts if it was written by then, and was not replaced or removed by then. 0 as long as that is not known yet,
    /// and the greatest number where a record counts as long as it is there.
    /// </summary>
    public ulong Snapshot
    {
        get => Volatile.Read(ref _snapshot);
        set => Volatile.Write(ref _snapshot, value);
    }

    /// <summary>Takes the context, with a full barrier.</summary>
    /// <param name="toSearch">Whether records must be kept for it.</param>
    /// <returns>False: somebody has it.</returns>
    public bool TryRent(bool toSearch) => Interlocked.CompareExchange(ref _state, toSearch ? Searching : Rented, Free) == Free;

    public void Return()
    {
        // Before it is free: the next search must not begin with the number of this one.
        Volatile.Write(ref _snapshot, 0);
        Volatile.Write(ref _state, Free);
    }

    /// <summary>Bytes of memory.</summary>
    public long MemorySize => _block.Size + _distances.Length * sizeof(ushort) + _seen.Length * sizeof(ulong) + Visited.MemorySize;

    public bool IsBusy => Volatile.Read(ref _state) != Free;

    public bool IsSearching => Volatile.Read(ref _state) == Searching;

    /// <summary>Checks a vector, makes it one long, and rotates it.</summary>
    /// <exception cref="ArgumentException">See <see cref="VectorCheck.Norm"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prepare(ReadOnlySpan<float> vector)
    {
        _rotation.Apply(vector, Vector);
        IsEncoded = false;
        _now = _time is null ? 0 : NotRead;
    }

    /// <summary>Whether <see cref="Query"/> belongs to the vector. Most searches that find nothing never need it.</summary>
    public bool IsEncoded { get; private set; }

    /// <summary>Makes the bytes that stored codes are compared with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void EncodeQuery()
    {
        IsEncoded = true;
        QueryScale = Quantiser.EncodeQuery(Vector, Query, _layout.CodeLength, out int sum);
        QueryBias = 128 * sum;
    }

    /// <summary>Forgets what an earlier search found.</summary>
    public void BeginSearch()
    {
        PendingCount = 0;
        LineTotal = 0;
        Hit = new VectorMatch(default, float.NaN);
        Nearest = (float.NegativeInfinity, SlotList.Removed);
        _searchNumber++;
    }

    /// <summary>Room for a distance to each of so many sketches, and a few more, so that they make whole vectors. Grows, and then allocates nothing.</summary>
    public Span<ushort> DistancesFor(int count)
    {
        int whole = (count + Vector512<ushort>.Count - 1) / Vector512<ushort>.Count * Vector512<ushort>.Count;
        if (_distances.Length < whole)
            _distances = new ushort[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)whole)];
        return _distances.AsSpan(0, whole);
    }

    /// <summary>Notes that a slot was met.</summary>
    /// <returns>False: it was met before. Now and then one that was met passes for new: it is looked at twice, and nothing is lost.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNew(uint slot)
    {
        ref ulong place = ref _seen[slot % SeenLength];
        ulong mark = ((ulong)_searchNumber << 32) | slot;
        if (place == mark)
            return false;
        place = mark;
        return true;
    }

    private static int Aligned(int size) => (size + 63) & ~63;

    private static byte* Take(ref byte* next, int size)
    {
        byte* taken = next;
        next += Aligned(size);
        return taken;
    }
}
