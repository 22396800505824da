using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Refrain.Chat;

/// <summary>
/// A growing buffer of self-delimiting values: a byte that says what comes, then a fixed-width number or a length and its bytes. No two sequences
/// of values share their bytes. It holds prompts, so what was written is cleared before the buffer is used for another.
/// </summary>
internal sealed class IdentityWriter
{
    private const int LargestKept = 1 << 20;
    private const int LengthSize = sizeof(int);
    private const int NullLength = -1;

    private byte[] _buffer = new byte[4096];
    private int _size;

    /// <summary>Whether something could not be written faithfully. The bytes then identify nothing.</summary>
    public bool Failed { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _size);

    public void Fail() => Failed = true;

    public void Clear()
    {
        if (_buffer.Length > LargestKept) _buffer = new byte[4096];
        else _buffer.AsSpan(0, _size).Clear();
        _size = 0;
        Failed = false;
    }

    public void Byte(byte value)
    {
        if (_size == _buffer.Length) Grow(1);
        _buffer[_size++] = value;
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Space(sizeof(int)), value);
        _size += sizeof(int);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Space(sizeof(long)), value);
        _size += sizeof(long);
    }

    public void Single(float value) => Int32(BitConverter.SingleToInt32Bits(value == 0 ? 0 : value));

    public void Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        Raw(value);
    }

    public void Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Space(value.Length));
        _size += value.Length;
    }

    /// <summary>Length and UTF-8 bytes; null differs from empty. Malformed UTF-16 fails the writer: replacing it would merge texts that differ.</summary>
    public void Text(string? value)
    {
        if (value is null) Int32(NullLength);
        else Text(value.AsSpan());
    }

    public void Text(ReadOnlySpan<char> value)
    {
        Span<byte> space = Space(checked(LengthSize + (value.Length * 3)));
        if (Utf8.FromUtf16(value, space[LengthSize..], out _, out int size, replaceInvalidSequences: false) != OperationStatus.Done) Failed = true;
        BinaryPrimitives.WriteInt32LittleEndian(space, size);
        _size += LengthSize + size;
    }

    private Span<byte> Space(int size)
    {
        if (_buffer.Length - _size < size) Grow(size);
        return _buffer.AsSpan(_size);
    }

    private void Grow(int size)
    {
        byte[] grown = new byte[Math.Max(_buffer.Length * 2, checked(_size + size))];
        _buffer.AsSpan(0, _size).CopyTo(grown);
        Array.Clear(_buffer, 0, _size);
        _buffer = grown;
    }
}
