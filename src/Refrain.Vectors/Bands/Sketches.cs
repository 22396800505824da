using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// A line of 64 bytes for each slot: 504 signs of the rotated vector after the mean is taken away, and its distance from the mean. All of it follows from the stored
/// codes. When the mean is measured anew, another object takes the place of this one.
/// </summary>
internal sealed unsafe class Sketches
{
    /// <summary>What one step of the last byte stands for: distances from the mean reach from 0 to 2.</summary>
    public const float NormStep = 2f / 255;

    private readonly Arena _arena;
    private readonly int _extentShift;
    private readonly uint _extentMask;
    private readonly Rotation _rotation;
    private readonly NativeBlock _means;
    private readonly List<NativeBlock> _blocks = [];
    private nint[] _extents = [];

    /// <param name="arena">The slots.</param>
    /// <param name="rotation">How their vectors are rotated.</param>
    /// <param name="mean">Mean of the rotated vectors; zeros if it was not measured.</param>
    public Sketches(Arena arena, Rotation rotation, ReadOnlySpan<float> mean)
    {
        _arena = arena;
        _extentShift = arena.Layout.ExtentShift;
        _extentMask = (uint)arena.Layout.ExtentSlotCount - 1;
        _rotation = rotation;
        _means = new NativeBlock((rotation.PaddedDimensions + Rotation.ProjectionCountMin + rotation.PaddedDimensions) * sizeof(float) + 64);
        mean.CopyTo(new Span<float>(_means.Pointer, mean.Length));
        Project((float*)_means.Pointer, ProjectedMean, ProjectedMean + Rotation.ProjectionCountMin);
        MeanSquare = FloatLoops.Dot((float*)_means.Pointer, (float*)_means.Pointer, rotation.PaddedDimensions);
    }

    /// <summary>m²: how much of each vector all have in common.</summary>
    public float MeanSquare { get; }

    /// <summary>Bytes of memory.</summary>
    public long MemorySize => _blocks.Sum(block => block.Size);

    /// <summary>The memory of the sketches. For the writer only.</summary>
    public IEnumerable<(nint Address, long Size)> Blocks => _blocks.Select(block => ((nint)block.Pointer, block.Size));

    public ReadOnlySpan<float> Mean => new(_means.Pointer, _rotation.Dimensions);

    private float* ProjectedMean => (float*)_means.Pointer + _rotation.PaddedDimensions;

    /// <summary>Slots that have a sketch here; a removed one is never below.</summary>
    public uint SlotCount => (uint)(Volatile.Read(ref _extents).Length << _extentShift);

    /// <summary>The sketch of a slot.</summary>
    /// <param name="slot">Less than <see cref="SlotCount"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Of(uint slot) =>
        // SAFETY: the array access checks the extent's number, and the mask keeps the rest inside the extent.
        (byte*)_extents[slot >> _extentShift] + (nuint)(slot & _extentMask) * HammingKernels.SketchSize;

    /// <summary>Makes room for every slot there is. For the writer only.</summary>
    public void Grow()
    {
        int count = (int)(_arena.SlotCount >> _extentShift);
        if (count == _extents.Length)
            return;
        nint[] extents = new nint[count];
        _extents.CopyTo(extents, 0);
        for (int i = _extents.Length; i < count; i++)
        {
            // One line more, because keys are read eight bytes at a time.
            _blocks.Add(new NativeBlock((_arena.Layout.ExtentSlotCount + 1L) * HammingKernels.SketchSize));
            extents[i] = (nint)_blocks[^1].Pointer;
        }
        Volatile.Write(ref _extents, extents);
    }

    /// <summary>Writes the sketch of a slot that holds a vector.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="context">Lends its buffers; its vector is overwritten.</param>
    public void Write(uint slot, SearchContext context) => Write(slot, _arena.Record(slot), context);

    /// <summary>Writes the sketch of a slot whose bytes are at hand; may be called from many threads, for different slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(uint slot, byte* record, SearchContext context)
    {
        Quantiser.Decode(record + RecordHeader.HeaderSize, ((RecordHeader*)record)->Scale, context.Vector, _rotation.PaddedDimensions);
        Measure(context);
        Buffer.MemoryCopy(context.Sketch, Of(slot), HammingKernels.SketchSize, HammingKernels.SketchSize);
    }

    /// <summary>Fills the context's margins, sketch and norm from its vector, which has length 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Measure(SearchContext context)
    {
        float* projections = context.Vector;
        if (_rotation.ExtraCount > 0)
            Project(context.Vector, projections = context.Margins, context.Scratch);
        FloatLoops.Signs(projections, ProjectedMean, context.Margins, (ushort*)context.Sketch, Rotation.ProjectionCountMin);
        float square = 1 - 2 * FloatLoops.Dot(context.Vector, (float*)_means.Pointer, _rotation.PaddedDimensions) + MeanSquare;
        context.CentredNorm = MathF.Sqrt(MathF.Max(square, 1e-12f));
        context.Sketch[HammingKernels.SketchSize - 1] = (byte)Math.Clamp((int)(context.CentredNorm / NormStep + 0.5f), 0, 255);
    }

    /// <summary>The first 512 projections of a rotated vector: its own numbers, then those of its further rotations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Project(float* vector, float* projections, float* scratch)
    {
        int own = Math.Min(_rotation.Dimensions, Rotation.ProjectionCountMin);
        Buffer.MemoryCopy(vector, projections, own * sizeof(float), own * sizeof(float));
        for (int extra = 0; extra < _rotation.ExtraCount; extra++)
        {
            int done = _rotation.Dimensions * (extra + 1);
            int size = _rotation.PaddedDimensions * sizeof(float);
            Buffer.MemoryCopy(vector, scratch, size, size);
            _rotation.ApplyExtra(scratch, extra);
            int part = Math.Min(_rotation.Dimensions, Rotation.ProjectionCountMin - done) * sizeof(float);
            Buffer.MemoryCopy(scratch, projections + done, part, part);
        }
    }
}
