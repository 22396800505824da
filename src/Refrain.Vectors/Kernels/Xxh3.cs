using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>
/// The parts of XXH3 (Collet), and its 64 bits of bytes that are many: what <see cref="XxHash3"/> returns, at full speed from the first call, where a million of records are checked before the
/// runtime has compiled anything twice.
/// </summary>
internal static unsafe class Xxh3
{
    /// <summary>Most bytes for which XXH3 has a way without stripes.</summary>
    internal const int ScalarSizeMax = 240;

    internal const int StripeSize = 64;
    internal const int SecretSize = 192;

    /// <summary>Each stripe of a block starts eight bytes further in the secret.</summary>
    internal const int StripesPerBlock = (SecretSize - StripeSize) / 8;

    /// <summary>Where the secret of the last stripe starts: off the grid, so that it is no other stripe's.</summary>
    internal const int LastStripeSecret = SecretSize - StripeSize - 7;
    internal const int LowSecret = 11;
    internal const int HighSecret = SecretSize - StripeSize - 11;

    internal const uint Prime32First = 0x9E3779B1;
    internal const uint Prime32Second = 0x85EBCA77;
    internal const uint Prime32Third = 0xC2B2AE3D;
    internal const ulong Prime64First = 0x9E3779B185EBCA87;
    internal const ulong Prime64Second = 0xC2B2AE3D27D4EB4F;
    internal const ulong Prime64Third = 0x165667B19E3779F9;
    internal const ulong Prime64Fourth = 0x85EBCA77C2B2AE63;
    internal const ulong Prime64Fifth = 0x27D4EB2F165667C5;

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

    /// <summary>XXH3's 64 bits of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="length">How many there are.</param>
    /// <param name="seed">The seed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Hash(byte* bytes, int length, ulong seed)
    {
        if (!Avx2.IsSupported || length <= ScalarSizeMax)
            return XxHash3.HashToUInt64(new ReadOnlySpan<byte>(bytes, length), (long)seed);
        byte* secret = stackalloc byte[SecretSize];
        ulong* sums = stackalloc ulong[StripeSize / sizeof(ulong)];
        WriteSecret(seed, secret);
        // SAFETY: each stripe but the last ends before the last byte, and the last ends with it.
        if (Avx512BW.IsSupported)
            Accumulate512(bytes, length, secret, sums);
        else
            Accumulate256(bytes, length, secret, sums);
        return Merge(sums, (ulong*)(secret + LowSecret), (ulong)length * Prime64First);
    }

    /// <summary>Writes the secret of a seed: <see cref="SecretSize"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void WriteSecret(ulong seed, byte* secret)
    {
        fixed (byte* common = CommonSecret)
            for (int i = 0; i < SecretSize; i += Vector256<byte>.Count)
                (Vector256.Load((ulong*)(common + i)) + Vector256.Create(seed, 0 - seed, seed, 0 - seed)).Store((ulong*)(secret + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate512(byte* bytes, int length, byte* secret, ulong* sums)
    {
        Vector512<ulong> all = Vector512.Create(Prime32Third, Prime64First, Prime64Second, Prime64Third, Prime64Fourth, Prime32Second, Prime64Fifth, Prime32First);
        int stripeCount = (length - 1) / StripeSize;
        for (int stripe = 0; stripe < stripeCount; stripe++)
        {
            all = Add(all, Vector512.Load(bytes + stripe * StripeSize), Vector512.Load(secret + stripe % StripesPerBlock * 8));
            if (stripe % StripesPerBlock == StripesPerBlock - 1)
                all = Scramble(all, Vector512.Load(secret + SecretSize - StripeSize));
        }
        Add(all, Vector512.Load(bytes + length - StripeSize), Vector512.Load(secret + LastStripeSecret)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate256(byte* bytes, int length, byte* secret, ulong* sums)
    {
        Vector256<ulong> low = Vector256.Create((ulong)Prime32Third, Prime64First, Prime64Second, Prime64Third);
        Vector256<ulong> high = Vector256.Create(Prime64Fourth, Prime32Second, Prime64Fifth, Prime32First);
        int stripeCount = (length - 1) / StripeSize;
        for (int stripe = 0; stripe < stripeCount; stripe++)
        {
            byte* own = secret + stripe % StripesPerBlock * 8;
            low = Add(low, Vector256.Load(bytes + stripe * StripeSize), Vector256.Load(own));
            high = Add(high, Vector256.Load(bytes + stripe * StripeSize + 32), Vector256.Load(own + 32));
            if (stripe % StripesPerBlock != StripesPerBlock - 1)
                continue;
            low = Scramble(low, Vector256.Load(secret + SecretSize - StripeSize));
            high = Scramble(high, Vector256.Load(secret + SecretSize - StripeSize + 32));
        }
        Add(low, Vector256.Load(bytes + length - StripeSize), Vector256.Load(secret + LastStripeSecret)).Store(sums);
        Add(high, Vector256.Load(bytes + length - 32), Vector256.Load(secret + LastStripeSecret + 32)).Store(sums + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<ulong> Add(Vector512<ulong> sums, Vector512<byte> bytes, Vector512<byte> secret)
    {
        Vector512<uint> mixed = (bytes ^ secret).AsUInt32();
        Vector512<ulong> product = Avx512F.Multiply(mixed, (mixed.AsUInt64() >>> 32).AsUInt32());
        return sums + Avx512F.Shuffle(bytes.AsUInt32(), 0b_01_00_11_10).AsUInt64() + product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<ulong> Scramble(Vector512<ulong> sums, Vector512<byte> secret)
    {
        Vector512<ulong> mixed = sums ^ (sums >>> 47) ^ secret.AsUInt64();
        Vector512<uint> prime = Vector512.Create(Prime32First);
        return Avx512F.Multiply(mixed.AsUInt32(), prime) + (Avx512F.Multiply((mixed >>> 32).AsUInt32(), prime) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<ulong> Add(Vector256<ulong> sums, Vector256<byte> bytes, Vector256<byte> secret)
    {
        Vector256<uint> mixed = (bytes ^ secret).AsUInt32();
        Vector256<ulong> product = Avx2.Multiply(mixed, (mixed.AsUInt64() >>> 32).AsUInt32());
        return sums + Avx2.Shuffle(bytes.AsUInt32(), 0b_01_00_11_10).AsUInt64() + product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<ulong> Scramble(Vector256<ulong> sums, Vector256<byte> secret)
    {
        Vector256<ulong> mixed = sums ^ (sums >>> 47) ^ secret.AsUInt64();
        Vector256<uint> prime = Vector256.Create(Prime32First);
        return Avx2.Multiply(mixed.AsUInt32(), prime) + (Avx2.Multiply((mixed >>> 32).AsUInt32(), prime) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Merge(ulong* sums, ulong* secret, ulong start)
    {
        ulong merged = start;
        for (int i = 0; i < StripeSize / sizeof(ulong); i += 2)
            merged += Fold(sums[i] ^ secret[i], sums[i + 1] ^ secret[i + 1]);
        return Avalanche(merged);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Avalanche(ulong mixed)
    {
        mixed ^= mixed >> 37;
        mixed *= 0x165667919E3779F9;
        return mixed ^ (mixed >> 32);
    }
}
