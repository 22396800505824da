using System.Buffers.Binary;
using System.IO.Hashing;

namespace Refrain;

/// <summary>The canonical text of one query and its key, for the length of one call.</summary>
internal ref struct KeyReader
{
    private const int ScopeDigestSize = 16;

    private ScratchBuffer _buffer;
    private readonly int _end;

    /// <summary>Encodes the text and hashes it together with its scope's digest.</summary>
    /// <exception cref="ArgumentException">The text is malformed UTF-16.</exception>
    internal KeyReader(CacheScope scope, string text, ulong seed)
    {
        UInt128 scopeDigest = scope.DigestsUnder(seed).Scope;
        _buffer = ScratchBuffer.Take(ScopeDigestSize + CanonicalForm.Utf8SizeMax(text.Length));
        Span<byte> bytes = _buffer.Span;
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, scopeDigest);
        if (!CanonicalForm.TryWriteUtf8(text, bytes[ScopeDigestSize..], out int size, out int malformedIndex))
        {
            _buffer.Dispose();
            CanonicalForm.ThrowMalformed(malformedIndex, nameof(text));
        }

        _end = ScopeDigestSize + size;
        Key = new CacheKey(scopeDigest, XxHash128.HashToUInt128(bytes[.._end], (long)seed));
    }

    internal CacheKey Key { get; }

    /// <summary>The text as exact UTF-8.</summary>
    internal readonly ReadOnlySpan<byte> Text => _buffer.Span[ScopeDigestSize.._end];

    /// <summary>The key of a text that is UTF-8 already.</summary>
    internal static CacheKey KeyOf(CacheScope scope, ReadOnlySpan<byte> text, ulong seed)
    {
        UInt128 scopeDigest = scope.DigestsUnder(seed).Scope;
        using var buffer = ScratchBuffer.Take(ScopeDigestSize + text.Length);
        Span<byte> bytes = buffer.Span[..(ScopeDigestSize + text.Length)];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, scopeDigest);
        text.CopyTo(bytes[ScopeDigestSize..]);
        return new CacheKey(scopeDigest, XxHash128.HashToUInt128(bytes, (long)seed));
    }

    public void Dispose() => _buffer.Release(_end);
}
