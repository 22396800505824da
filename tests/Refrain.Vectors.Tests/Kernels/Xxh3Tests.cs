using System.IO.Hashing;

namespace Refrain.Vectors.Tests;

/// <summary>The hash behind the records' checksums, as the library has it.</summary>
public sealed unsafe class Xxh3Tests
{
    // Goal: the same 64 bits as the library's. Method: every length over two blocks and more, from every alignment, under seeds small and large; each set of instructions has a run of its own.
    [Fact]
    public void It_gives_the_librarys_bits()
    {
        var random = new Random(41);
        byte[] bytes = new byte[4096 + 64];
        random.NextBytes(bytes);
        fixed (byte* start = bytes)
        {
            for (int length = 0; length <= 4096; length++)
            {
                ulong seed = (length % 4) switch { 0 => 0, 1 => 1, 2 => ulong.MaxValue, _ => (ulong)random.NextInt64() };
                int offset = length % 64;
                Assert.Equal(XxHash3.HashToUInt64(bytes.AsSpan(offset, length), (long)seed), Xxh3.Hash(start + offset, length, seed));
            }
        }
    }
}
