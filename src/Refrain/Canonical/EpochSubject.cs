using System.Buffers.Binary;
using System.IO.Hashing;

namespace Refrain;

/// <summary>Digests of what can be invalidated: everything, a tenant, a scope, a tag of a tenant.</summary>
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
