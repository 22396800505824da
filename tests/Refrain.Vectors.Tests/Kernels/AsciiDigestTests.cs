using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Refrain.Vectors.Tests;

/// <summary>Hashing and comparing text without writing its UTF-8 down gives what writing it down would give.</summary>
public sealed class AsciiDigestTests
{
    private static readonly UInt128 Prefix = new(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);

    // Goal: the same 128 bits as the reference. Method: every length through three blocks of stripes, under two seeds.
    [Theory]
    [InlineData(0ul)]
    [InlineData(0x9e37_79b9_7f4a_7c15ul)]
    public void It_is_XXH128_of_prefix_and_text_at_every_length(ulong seed)
    {
        var digest = new AsciiDigest(seed);
        var random = new Random(20_251_122);
        for (int length = 0; length < 3_300; length++)
        {
            string text = RandomText(random, length);
            if (!digest.TryHash(Prefix, text, out UInt128 hashed))
                Assert.SkipUnless(System.Runtime.Intrinsics.X86.Avx2.IsSupported || length <= 224, "Longer texts are encoded first where there are no 256-bit vectors.");
            Assert.Equal(XxHash128.HashToUInt128(Bytes(text), (long)seed), hashed);
        }
    }

    [Fact]
    public void A_short_text_that_is_not_ASCII_is_told_at_once()
    {
        Assert.False(new AsciiDigest(1).TryHash(Prefix, "Wie heißt die Hauptstadt von Österreich?", out _));
    }

    // Goal: equal means equal. Method: every length, then the same text with one character changed, at every place, to its neighbour or to one whose low byte is the same.
    [Fact]
    public void A_text_equals_its_own_bytes_and_no_others()
    {
        var random = new Random(20_251_122);
        for (int length = 0; length < 300; length++)
        {
            string text = RandomText(random, length);
            byte[] ascii = Encoding.ASCII.GetBytes(text);
            Assert.True(AsciiText.Equals(text, ascii));
            Assert.False(AsciiText.Equals(text + "x", ascii));
            for (int at = 0; at < length; at++)
            {
                Assert.False(AsciiText.Equals(With(text, at, (char)(text[at] ^ 1)), ascii));
                Assert.False(AsciiText.Equals(With(text, at, (char)(text[at] | 0x100)), ascii));
                Assert.False(AsciiText.Equals(With(text, at, (char)(text[at] | 0x8000)), ascii));
            }
        }
    }

    private static string With(string text, int at, char character) => string.Create(text.Length, (text, at, character), static (span, state) =>
    {
        state.text.CopyTo(span);
        span[state.at] = state.character;
    });

    private static byte[] Bytes(string text)
    {
        byte[] bytes = new byte[16 + text.Length];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, Prefix);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(16));
        return bytes;
    }

    private static string RandomText(Random random, int length) => string.Create(length, random, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
            span[i] = (char)source.Next(128);
    });
}
