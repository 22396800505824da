using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors.Tests;

/// <summary>Every path that the machine has gives the same bits.</summary>
public sealed unsafe class KernelAgreementTests
{
    // Goal: a test leg that forces an instruction set shows that it did. The leg names it; otherwise it is the best that the processor has.
    [Fact]
    public void The_expected_kernel_runs()
    {
        string best = AvxVnni.IsSupported ? "AvxVnni" : Avx512BW.IsSupported ? "Avx512BW" : Avx2.IsSupported ? "Avx2" : Vector128.IsHardwareAccelerated ? "Vector128" : "Scalar";
        Assert.Equal(Environment.GetEnvironmentVariable("REFRAIN_EXPECT_KERNEL") ?? best, Kernel.Name);
        Assert.Equal(Vector512.IsHardwareAccelerated ? "Vector512" : Vector256.IsHardwareAccelerated ? "Vector256" : Vector128.IsHardwareAccelerated ? "Vector128" : "Scalar", Kernel.FloatName);
    }

    [Fact]
    public void Dot_products_of_codes_are_exact_on_every_path()
    {
        var random = new Random(1);
        for (int length = 64; length <= 4096; length += 64)
            for (int round = 0; round < 3; round++)
            {
                var code = new byte[length];
                var query = new sbyte[length];
                random.NextBytes(code);
                random.NextBytes(MemoryMarshal.AsBytes(query.AsSpan()));
                if (round == 0)
                    (code.AsSpan()).Fill(255);
                for (int i = 0; i < length; i++)
                    query[i] = round == 0 ? (sbyte)127 : Math.Max(query[i], (sbyte)-127);
                long expected = 0;
                for (int i = 0; i < length; i++)
                    expected += code[i] * query[i];
                fixed (byte* c = code)
                fixed (sbyte* q = query)
                {
                    Assert.Equal(expected, ScalarKernels.DotCodes(c, q, length));
                    Assert.Equal(expected, Kernel.DotCodes(c, q, length));
                    if (AvxVnniKernels.IsSupported)
                        Assert.Equal(expected, AvxVnniKernels.DotCodes(c, q, length));
                    if (Avx512Kernels.IsSupported)
                        Assert.Equal(expected, Avx512Kernels.DotCodes(c, q, length));
                    if (Avx2Kernels.IsSupported)
                        Assert.Equal(expected, Avx2Kernels.DotCodes(c, q, length));
                    if (AdvSimdKernels.IsSupported)
                        Assert.Equal(expected, AdvSimdKernels.DotCodes(c, q, length));
                }
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(FloatLoops.LaneCount)]
    public void Hadamard_transforms_agree_bit_for_bit_and_undo_themselves(int first)
    {
        var random = new Random(2);
        for (int length = 64; length <= 4096; length *= 2)
        {
            float[] input = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];
            float[] expected = Run(&ScalarKernels.Hadamard, input, first);
            AssertSame(expected, Run(&Kernel.Hadamard, input, first));
            AssertSame(expected, Run(&AdvSimdKernels.Hadamard, input, first));
            if (Vector256.IsHardwareAccelerated)
                AssertSame(expected, Run(&Avx2Kernels.Hadamard, input, first));
            if (Vector512.IsHardwareAccelerated)
                AssertSame(expected, Run(&Avx512Kernels.Hadamard, input, first));
            float[] twice = Run(&ScalarKernels.Hadamard, expected, first);
            for (int i = 0; i < length; i++)
                Assert.Equal(input[i], twice[i] * first / length, 1e-4);
        }
    }

    [Fact]
    public void Distances_of_four_sketches_are_those_of_each()
    {
        var random = new Random(4);
        var bytes = new byte[5 * HammingKernels.SketchSize];
        for (int round = 0; round < 200; round++)
        {
            random.NextBytes(bytes);
            if (round == 0)
                bytes.AsSpan(0, HammingKernels.SketchSize).Clear();
            if (round == 0)
                bytes.AsSpan(HammingKernels.SketchSize).Fill(255);
            fixed (byte* own = bytes)
            {
                byte* a = own + HammingKernels.SketchSize, b = a + HammingKernels.SketchSize, c = b + HammingKernels.SketchSize, d = c + HammingKernels.SketchSize;
                ulong four = HammingKernels.Distances(own, a, b, c, d);
                Assert.Equal([HammingKernels.Distance(own, a), HammingKernels.Distance(own, b), HammingKernels.Distance(own, c), HammingKernels.Distance(own, d)],
                    Enumerable.Range(0, 4).Select(i => (int)(four >> 16 * i & 0xFFFF)));
                int differing = 0;
                for (int i = 0; i < HammingKernels.SignCount; i++)
                    differing += (own[i / 8] ^ a[i / 8]) >> i % 8 & 1;
                Assert.Equal(differing, HammingKernels.Distance(own, a));
            }
        }
    }

    private static float[] Run(delegate*<float*, int, int, void> kernel, float[] input, int first)
    {
        var output = (float[])input.Clone();
        fixed (float* values = output)
            kernel(values, output.Length, first);
        return output;
    }

    private static void AssertSame(float[] expected, float[] actual) => Assert.Equal(TestVectors.Bytes(expected), TestVectors.Bytes(actual));
}
