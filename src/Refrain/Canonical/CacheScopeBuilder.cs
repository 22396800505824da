using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Refrain;

/// <summary>Writes a <see cref="CacheScope"/> field by field, for scopes made per request. Not thread-safe; dispose it, so its pooled bytes are cleared.</summary>
/// <remarks>
/// Type, name, value and order of the fields are all part of the scope: the number 1 and the text "1" differ, and null, "" and an absent field are three
/// different things. Reals count by their bits.
/// </remarks>
public sealed class CacheScopeBuilder : IDisposable
{
    private const int FirstSize = 1024;

    private string _tenant;
    private byte[]? _buffer;
    private int _size;

    /// <summary>Begins a scope.</summary>
    /// <param name="tenant">Whose answers these are; not empty.</param>
    /// <exception cref="ArgumentException">The tenant is null, empty, or malformed UTF-16.</exception>
    public CacheScopeBuilder(string tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        Begin(tenant);
    }

    /// <summary>Adds a text, or the absence of one.</summary>
    /// <exception cref="ArgumentException">The name is null, or a text is malformed UTF-16.</exception>
    public CacheScopeBuilder Add(string name, string? value)
    {
        if (value is not null)
            return Add(name, value.AsSpan());
        Begin(CanonicalForm.KindNull, name);
        return this;
    }

    /// <inheritdoc cref="Add(string, string)"/>
    public CacheScopeBuilder Add(string name, ReadOnlySpan<char> value)
    {
        int start = _size;
        Begin(CanonicalForm.KindText, name);
        try
        {
            AppendText(value, nameof(value));
        }
        catch (ArgumentException)
        {
            _size = start;
            throw;
        }

        return this;
    }

    /// <summary>Adds an integer.</summary>
    /// <exception cref="ArgumentException">The name is null or malformed UTF-16.</exception>
    public CacheScopeBuilder Add(string name, long value)
    {
        Begin(CanonicalForm.KindInteger, name);
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        return this;
    }

    /// <summary>Adds a real number, by its bits.</summary>
    /// <exception cref="ArgumentException">The name is null or malformed UTF-16.</exception>
    public CacheScopeBuilder Add(string name, double value)
    {
        Begin(CanonicalForm.KindReal, name);
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);
        return this;
    }

    /// <summary>Adds a truth value.</summary>
    /// <exception cref="ArgumentException">The name is null or malformed UTF-16.</exception>
    public CacheScopeBuilder Add(string name, bool value)
    {
        Begin(CanonicalForm.KindTruth, name);
        Reserve(1)[0] = value ? (byte)1 : (byte)0;
        return this;
    }

    /// <summary>Adds bytes, such as an image or a serialised schema.</summary>
    /// <exception cref="ArgumentException">The name is null or malformed UTF-16.</exception>
    public CacheScopeBuilder Add(string name, ReadOnlySpan<byte> value)
    {
        Begin(CanonicalForm.KindBytes, name);
        CanonicalForm.WriteLength(Reserve(sizeof(int)), value.Length);
        value.CopyTo(Reserve(value.Length));
        return this;
    }

    /// <summary>The scope of everything added so far. More may be added and built afterwards.</summary>
    public CacheScope Build()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        return new CacheScope(_tenant, _buffer.AsSpan(0, _size).ToArray(), isLent: false);
    }

    /// <summary>
    /// A scope over the builder's own bytes, without a copy: valid until the builder is added to, reset or disposed of. The cache copies what it keeps, so it
    /// may be used for calls that are awaited before that.
    /// </summary>
    public CacheScope Lend()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        return new CacheScope(_tenant, _buffer.AsMemory(0, _size), isLent: true);
    }

    /// <summary>Clears what was written and begins another scope, so that one builder serves many requests.</summary>
    /// <param name="tenant">Whose answers these are; not empty.</param>
    /// <exception cref="ArgumentException">The tenant is null, empty, or malformed UTF-16.</exception>
    public void Reset(string tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        Dispose();
        Begin(tenant);
    }

    /// <summary>Clears the written bytes and gives them back.</summary>
    public void Dispose()
    {
        byte[]? buffer = _buffer;
        if (buffer is null)
            return;
        _buffer = null;
        // All of it: a text that was refused may have left its beginning beyond the written size.
        buffer.AsSpan().Clear();
        ArrayPool<byte>.Shared.Return(buffer);
    }

    [MemberNotNull(nameof(_tenant))]
    private void Begin(string tenant)
    {
        _tenant = tenant;
        _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
        _buffer[0] = CanonicalForm.Version;
        _size = 1;
        AppendText(tenant, nameof(tenant));
    }

    private void Begin(byte kind, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int start = _size;
        Reserve(1)[0] = kind;
        try
        {
            AppendText(name, nameof(name));
        }
        catch (ArgumentException)
        {
            _size = start;
            throw;
        }
    }

    private void AppendText(ReadOnlySpan<char> text, string parameter)
    {
        int start = _size;
        Span<byte> reserved = Reserve(sizeof(int) + CanonicalForm.Utf8SizeMax(text.Length));
        _size = start;
        int size = CanonicalForm.WriteUtf8(text, reserved[sizeof(int)..], parameter);
        CanonicalForm.WriteLength(reserved, size);
        _size = start + sizeof(int) + size;
    }

    private Span<byte> Reserve(int size)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        int end = checked(_size + size);
        if (end > _buffer.Length)
            Grow(end);
        Span<byte> reserved = _buffer.AsSpan(_size, size);
        _size = end;
        return reserved;
    }

    private void Grow(int sizeMin)
    {
        byte[] old = _buffer!;
        byte[] grown = ArrayPool<byte>.Shared.Rent(Math.Max(sizeMin, old.Length * 2));
        old.AsSpan(0, _size).CopyTo(grown);
        old.AsSpan().Clear();
        ArrayPool<byte>.Shared.Return(old);
        _buffer = grown;
    }
}
