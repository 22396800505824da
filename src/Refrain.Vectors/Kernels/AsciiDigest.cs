using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using static Refrain.Vectors.Xxh3;

namespace Refrain.Vectors;

/// <summary>
/// XXH128 (Collet, the XXH3 family) of a prefix and a text that is ASCII, under one seed, straight from the text's UTF-16: the same 128 bits as hashing the
/// bytes one after the other, which are never written down. Reads each character once, and does not look whether it is ASCII: <see cref="AsciiText"/> tells,
/// where it matters.
/// </summary>
/// <remarks>Instances are immutable. AsciiDigestTests holds every length and each set of instructions to <see cref="XxHash128"/>.</remarks>
internal sealed unsafe class AsciiDigest
{
    private const int PrefixSize = 16;

    private readonly byte[] _secret = new byte[SecretSize];

    /// <param name="seed">The seed that <see cref="XxHash128"/> would be given.</param>
    internal AsciiDigest(ulong seed)
    {
        Seed = seed;
        fixed (byte* secret = _secret)
            WriteSecret(seed, secret);
    }

    internal ulong Seed { get; }

    /// <summary>The digest of a prefix and a text's UTF-8, provided that the text is ASCII.</summary>
    /// <param name="prefix">Sixteen bytes, little-endian, that come before the text.</param>
    /// <param name="text">Any UTF-16.</param>
    /// <param name="digest">What <see cref="XxHash128"/> makes of both under the seed; of a text that is not ASCII, a number without meaning.</param>
    /// <returns>False where the text has to be encoded first: it is seen not to be ASCII, or the processor lacks the instructions.</returns>
    internal bool TryHash(UInt128 prefix, ReadOnlySpan<char> text, out UInt128 digest)
    {
        if (text.Length <= ScalarSizeMax - PrefixSize)
            return TryHashScalar(prefix, text, out digest);
        if (Avx2.IsSupported)
        {
            digest = HashStripes(prefix, text);
            return true;
        }

        digest = default;
        return false;
    }

    /// <summary>Texts of at least so many characters can be sampled.</summary>
    internal const int SampledLengthMin = ScalarSizeMax - PrefixSize + 1;

    /// <summary>Characters fetched ahead: beyond a page the processor fetches ahead by itself, and better.</summary>
    private const int FetchedLengthMax = 2_048;

    /// <summary>Shorter texts are here before their fetching would have been asked for.</summary>
    private const int FetchedLengthMin = 512;
    private const int CharactersPerLine = 32;
    private const int SampleCount = 8;
    private const int SampleLength = 8;

    /// <summary>A hash of a prefix, a text's length, and eight characters at each of eight places, first and last among them; equal for a text and its ASCII.</summary>
    /// <param name="prefix">What else has to be equal.</param>
    /// <param name="text">At least <see cref="SampledLengthMin"/> characters.</param>
    internal ulong Sample(UInt128 prefix, ReadOnlySpan<char> text)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(text.Length, SampledLengthMin);

        // SAFETY: each sample ends at the text's end at the latest, and the secret has room for SampleCount numbers.
        fixed (char* characters = text)
        fixed (byte* secret = _secret)
        {
            // The whole text is compared next: it may as well be on its way while the samples are looked up.
            if (Sse.IsSupported && text.Length >= FetchedLengthMin)
            {
                int lineCount = Math.Min(text.Length, FetchedLengthMax) / CharactersPerLine;
                for (int line = 0; line < lineCount; line++)
                    Sse.Prefetch0(characters + (line * CharactersPerLine));
            }

            ulong mixed = (ulong)prefix ^ ((ulong)text.Length * Prime64First);
            for (int i = 0; i < SampleCount; i += 2)
            {
                ulong one = Narrow(characters + PlaceOf(i, text.Length)), other = Narrow(characters + PlaceOf(i + 1, text.Length));
                mixed += Fold(one ^ ((ulong*)secret)[i], other ^ ((ulong*)secret)[i + 1]);
            }

            return Avalanche(mixed);
        }
    }

    /// <inheritdoc cref="Sample(UInt128, ReadOnlySpan{char})"/>
    internal ulong Sample(UInt128 prefix, ReadOnlySpan<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(text.Length, SampledLengthMin);
        ulong mixed = (ulong)prefix ^ ((ulong)text.Length * Prime64First);
        for (int i = 0; i < SampleCount; i += 2)
        {
            ulong one = BinaryPrimitives.ReadUInt64LittleEndian(text[PlaceOf(i, text.Length)..]), other = BinaryPrimitives.ReadUInt64LittleEndian(text[PlaceOf(i + 1, text.Length)..]);
            mixed += Fold(one ^ BinaryPrimitives.ReadUInt64LittleEndian(_secret.AsSpan(i * 8)), other ^ BinaryPrimitives.ReadUInt64LittleEndian(_secret.AsSpan((i * 8) + 8)));
        }

        return Avalanche(mixed);
    }

    private static int PlaceOf(int sample, int length) => (int)((uint)(length - SampleLength) * (ulong)sample / (SampleCount - 1));

    private static ulong Narrow(char* eight)
    {
        Vector128<ushort> characters = Vector128.Load((ushort*)eight);
        return Vector128.Narrow(characters, characters).AsUInt64().ToScalar();
    }

    [SkipLocalsInit]
    private bool TryHashScalar(UInt128 prefix, ReadOnlySpan<char> text, out UInt128 digest)
    {
        Span<byte> bytes = stackalloc byte[ScalarSizeMax];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, prefix);
        bool isAscii = Ascii.FromUtf16(text, bytes[PrefixSize..], out int size) == OperationStatus.Done;
        digest = isAscii ? XxHash128.HashToUInt128(bytes[..(PrefixSize + size)], (long)Seed) : default;
        bytes.Slice(PrefixSize, size).Clear();
        return isAscii;
    }

    [SkipLocalsInit]
    private UInt128 HashStripes(UInt128 prefix, ReadOnlySpan<char> text)
    {
        // SAFETY: prefix and text are together longer than ScalarSizeMax, so the first stripe is full, and each stripe read below starts at most StripeSize
        // characters before the text's end. The secret is SecretSize bytes, and no stripe's secret starts later than SecretSize - StripeSize.
        fixed (char* start = text)
        fixed (byte* secret = _secret)
        {
            byte* first = stackalloc byte[StripeSize];
            ulong* sums = stackalloc ulong[StripeSize / sizeof(ulong)];
            BinaryPrimitives.WriteUInt128LittleEndian(new Span<byte>(first, PrefixSize), prefix);
            Narrow256((ushort*)start).Store(first + PrefixSize);
            Vector128.Narrow(Vector128.Load((ushort*)start + 32), Vector128.Load((ushort*)start + 40)).Store(first + PrefixSize + 32);
            ulong size = (ulong)text.Length + PrefixSize;
            int stripeCount = (int)((size - 1) / StripeSize);
            ushort* second = (ushort*)start + StripeSize - PrefixSize;
            ushort* last = (ushort*)start + text.Length - StripeSize;
            if (Avx512BW.IsSupported)
                Accumulate512(first, second, last, stripeCount, secret, sums);
            else
                Accumulate256(first, second, last, stripeCount, secret, sums);
            Vector512<byte>.Zero.Store(first);
            ulong low = Merge(sums, (ulong*)(secret + LowSecret), size * Prime64First);
            ulong high = Merge(sums, (ulong*)(secret + HighSecret), ~(size * Prime64Second));
            return new UInt128(high, low);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate512(byte* first, ushort* text, ushort* last, int stripeCount, byte* secret, ulong* sums)
    {
        Vector512<ulong> all = Vector512.Create(Prime32Third, Prime64First, Prime64Second, Prime64Third, Prime64Fourth, Prime32Second, Prime64Fifth, Prime32First);
        all = Add(all, Vector512.Load(first), Vector512.Load(secret));
        for (int stripe = 1; stripe < stripeCount;)
        {
            int end = Math.Min(stripeCount, (stripe | (StripesPerBlock - 1)) + 1);
            byte* stripeSecret = secret + (stripe % StripesPerBlock * 8);
            for (; stripe < end; stripe++, text += StripeSize, stripeSecret += 8)
                all = Add(all, Narrow512(text), Vector512.Load(stripeSecret));
            if (end % StripesPerBlock == 0)
                all = Scramble(all, Vector512.Load(secret + SecretSize - StripeSize));
        }

        Add(all, Narrow512(last), Vector512.Load(secret + LastStripeSecret)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate256(byte* first, ushort* text, ushort* last, int stripeCount, byte* secret, ulong* sums)
    {
        Vector256<ulong> low = Vector256.Create((ulong)Prime32Third, Prime64First, Prime64Second, Prime64Third);
        Vector256<ulong> high = Vector256.Create(Prime64Fourth, Prime32Second, Prime64Fifth, Prime32First);
        low = Add(low, Vector256.Load(first), Vector256.Load(secret));
        high = Add(high, Vector256.Load(first + 32), Vector256.Load(secret + 32));
        for (int stripe = 1; stripe < stripeCount;)
        {
            int end = Math.Min(stripeCount, (stripe | (StripesPerBlock - 1)) + 1);
            byte* stripeSecret = secret + (stripe % StripesPerBlock * 8);
            for (; stripe < end; stripe++, text += StripeSize, stripeSecret += 8)
            {
                low = Add(low, Narrow256(text), Vector256.Load(stripeSecret));
                high = Add(high, Narrow256(text + 32), Vector256.Load(stripeSecret + 32));
            }

            if (end % StripesPerBlock == 0)
            {
                low = Scramble(low, Vector256.Load(secret + SecretSize - StripeSize));
                high = Scramble(high, Vector256.Load(secret + SecretSize - StripeSize + 32));
            }
        }

        Add(low, Narrow256(last), Vector256.Load(secret + LastStripeSecret)).Store(sums);
        Add(high, Narrow256(last + 32), Vector256.Load(secret + LastStripeSecret + 32)).Store(sums + 4);
    }

    /// <summary>Sixty-four characters as bytes.</summary>
    /// <remarks>Packs within quarters of a vector, so the eighths come out in an order of their own and are put right.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Narrow512(ushort* text)
    {
        Vector512<byte> packed = Avx512BW.PackUnsignedSaturate(Vector512.Load((short*)text), Vector512.Load((short*)text + 32));
        return Avx512F.PermuteVar8x64(packed.AsUInt64(), Vector512.Create(0ul, 2, 4, 6, 1, 3, 5, 7)).AsByte();
    }

    /// <summary>Thirty-two characters as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Narrow256(ushort* text)
    {
        Vector256<byte> packed = Avx2.PackUnsignedSaturate(Vector256.Load((short*)text), Vector256.Load((short*)text + 16));
        return Avx2.Permute4x64(packed.AsUInt64(), 0b_11_01_10_00).AsByte();
    }
}
