using BenchmarkDotNet.Attributes;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>The inner loops, as this processor runs them, beside the scalar form that every processor can run.</summary>
public unsafe class KernelBenchmarks
{
    private const int Seed = 20_251_122;

    private byte[] _code = null!;
    private sbyte[] _query = null!;
    private float[] _values = null!;

    /// <summary>Numbers in a vector.</summary>
    [Params(256, 1024)]
    public int Dimensions { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        Random random = new(Seed);
        _code = [.. Enumerable.Range(0, Dimensions).Select(_ => (byte)random.Next(1, 256))];
        _query = [.. Enumerable.Range(0, Dimensions).Select(_ => (sbyte)random.Next(-127, 128))];
        _values = new float[Dimensions];
    }

    /// <summary>Dot product of two int8 codes.</summary>
    [Benchmark]
    public int DotCodes()
    {
        fixed (byte* code = _code)
        fixed (sbyte* query = _query)
            return Kernel.DotCodes(code, query, Dimensions);
    }

    /// <summary>The same without vector instructions.</summary>
    [Benchmark(Baseline = true)]
    public int DotCodesScalar()
    {
        fixed (byte* code = _code)
        fixed (sbyte* query = _query)
            return ScalarKernels.DotCodes(code, query, Dimensions);
    }

    /// <summary>The rotation's transform, once for each query.</summary>
    [Benchmark]
    public float Hadamard()
    {
        fixed (float* values = _values)
            Kernel.Hadamard(values, Dimensions, first: 1);
        return _values[0];
    }
}
