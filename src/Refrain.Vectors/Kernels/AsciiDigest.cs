using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Refrain.Vectors;

/// <summary>
/// XXH128 (Collet, the XXH3 family) of a prefix and a text that is ASCII, under one seed, straight from the text's UTF-16: the same 128 bits as hashing the
/// bytes one after the other, which are never written down. Reads each character once, and does not look whether it is ASCII: <see cref="AsciiText"/> tells,
/// where it matters.
/// </summary>
/// <remarks>Instances are immutable. AsciiDigestTests holds every length and each set of instructions to <see cref="XxHash128"/>.</remarks>
internal sealed unsafe class AsciiDigest
{
    /// <summary>Longest text for which XXH128 has a scalar way, without stripes; those bytes are written on the stack, and cleared.</summary>
    private const int ScalarSizeMax = 240;

    private const int PrefixSize = 16;
    private const int StripeSize = 64;
    private const int SecretSize = 192;

    /// <summary>Each stripe of a block starts eight bytes further in the secret.</summary>
    private const int StripesPerBlock = (SecretSize - StripeSize) / 8;

    /// <summary>Where the secret of the last stripe starts: off the grid, so that it is no other stripe's.</summary>
    private const int LastStripeSecret = SecretSize - StripeSize - 7;
    private const int LowSecret = 11;
    private const int HighSecret = SecretSize - StripeSize - 11;

    private const uint Prime32First = 0x9E3779B1;
    private const uint Prime32Second = 0x85EBCA77;
    private const uint Prime32Third = 0xC2B2AE3D;
    private const ulong Prime64First = 0x9E3779B185EBCA87;
    private const ulong Prime64Second = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime64Third = 0x165667B19E3779F9;
    private const ulong Prime64Fourth = 0x85EBCA77C2B2AE63;
    private const ulong Prime64Fifth = 0x27D4EB2F165667C5;

    private readonly byte[] _secret = new byte[SecretSize];

    /// <param name="seed">The seed that <see cref="XxHash128"/> would be given.</param>
    internal AsciiDigest(ulong seed)
    {
        Seed = seed;
        ReadOnlySpan<byte> common = CommonSecret;
        for (int i = 0; i < SecretSize; i += 16)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_secret.AsSpan(i), BinaryPrimitives.ReadUInt64LittleEndian(common[i..]) + seed);
            BinaryPrimitives.WriteUInt64LittleEndian(_secret.AsSpan(i + 8), BinaryPrimitives.ReadUInt64LittleEndian(common[(i + 8)..]) - seed);
        }
    }

    internal ulong Seed { get; }

    /// <summary>The secret that XXH3 uses under seed 0, as its specification gives it.</summary>
    private static ReadOnlySpan<byte> CommonSecret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb, 0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Add(Vector512<ulong> sums, Vector512<byte> bytes, Vector512<byte> secret)
    {
        Vector512<uint> mixed = (bytes ^ secret).AsUInt32();
        Vector512<ulong> product = Avx512F.Multiply(mixed, (mixed.AsUInt64() >>> 32).AsUInt32());
        return sums + Avx512F.Shuffle(bytes.AsUInt32(), 0b_01_00_11_10).AsUInt64() + product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Scramble(Vector512<ulong> sums, Vector512<byte> secret)
    {
        Vector512<ulong> mixed = sums ^ (sums >>> 47) ^ secret.AsUInt64();
        Vector512<uint> prime = Vector512.Create(Prime32First);
        return Avx512F.Multiply(mixed.AsUInt32(), prime) + (Avx512F.Multiply((mixed >>> 32).AsUInt32(), prime) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Add(Vector256<ulong> sums, Vector256<byte> bytes, Vector256<byte> secret)
    {
        Vector256<uint> mixed = (bytes ^ secret).AsUInt32();
        Vector256<ulong> product = Avx2.Multiply(mixed, (mixed.AsUInt64() >>> 32).AsUInt32());
        return sums + Avx2.Shuffle(bytes.AsUInt32(), 0b_01_00_11_10).AsUInt64() + product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Scramble(Vector256<ulong> sums, Vector256<byte> secret)
    {
        Vector256<ulong> mixed = sums ^ (sums >>> 47) ^ secret.AsUInt64();
        Vector256<uint> prime = Vector256.Create(Prime32First);
        return Avx2.Multiply(mixed.AsUInt32(), prime) + (Avx2.Multiply((mixed >>> 32).AsUInt32(), prime) << 32);
    }

    private static ulong Merge(ulong* sums, ulong* secret, ulong start)
    {
        ulong merged = start;
        for (int i = 0; i < StripeSize / sizeof(ulong); i += 2)
            merged += Fold(sums[i] ^ secret[i], sums[i + 1] ^ secret[i + 1]);
        return Avalanche(merged);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    private static ulong Avalanche(ulong mixed)
    {
        mixed ^= mixed >> 37;
        mixed *= 0x165667919E3779F9;
        return mixed ^ (mixed >> 32);
    }
}
