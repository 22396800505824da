using System.Buffers.Binary;
using System.IO.Hashing;

namespace Refrain;

/// <summary>Digests of what can be invalidated: everything, a tenant, a scope, a tag of a tenant; and of two texts that were mistaken for each other.</summary>
internal static class EpochSubject
{
    /// <summary>The whole cache.</summary>
    internal static UInt128 OfEverything(ulong seed) => Digest((byte)'E', "", "", seed);

    internal static UInt128 OfTenant(string tenant, ulong seed) => Digest((byte)'T', tenant, "", seed);

    internal static UInt128 OfTag(string tenant, string tag, ulong seed) => Digest((byte)'G', tenant, tag, seed);

    internal static UInt128 OfScope(UInt128 scope, ulong seed)
    {
        Span<byte> bytes = stackalloc byte[17];
        bytes[0] = (byte)'S';
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[1..], scope);
        return XxHash128.HashToUInt128(bytes, (long)seed);
    }

    /// <summary>Two texts of a scope, in either order. Its number is above 0 once they were reported.</summary>
    internal static UInt128 OfPair(UInt128 scope, UInt128 digest, UInt128 other, ulong seed)
    {
        Span<byte> bytes = stackalloc byte[49];
        bytes[0] = (byte)'P';
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[1..], scope);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[17..], UInt128.Min(digest, other));
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[33..], UInt128.Max(digest, other));
        return XxHash128.HashToUInt128(bytes, (long)seed);
    }

    private static UInt128 Digest(byte kind, string tenant, string name, ulong seed)
    {
        using var buffer = ScratchBuffer.Take(5 + CanonicalForm.Utf8SizeMax(tenant.Length) + CanonicalForm.Utf8SizeMax(name.Length));
        Span<byte> bytes = buffer.Span;
        bytes[0] = kind;
        int size = CanonicalForm.WriteUtf8(tenant, bytes[5..], nameof(tenant));
        CanonicalForm.WriteLength(bytes[1..], size);
        size += 5;
        size += CanonicalForm.WriteUtf8(name, bytes[size..], nameof(name));
        return XxHash128.HashToUInt128(bytes[..size], (long)seed);
    }
}
