using System.Buffers.Binary;
using MessagePack;

namespace Refrain;

/// <summary>Reads the few kinds of MessagePack that entries are made of, in whatever width they were written, where they lie. Nothing is believed of the bytes.</summary>
/// <remarks>The library's own reader works on sequences of segments, and takes longer over an entry's fields than the store's file does over the entry.</remarks>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal bool TryReadNil()
    {
        if (_rest.IsEmpty || _rest[0] != MessagePackCode.Nil)
            return false;
        _rest = _rest[1..];
        return true;
    }

    /// <exception cref="MessagePackSerializationException">There is no array, or the bytes end.</exception>
    internal int ReadArrayHeader()
    {
        byte code = Take(1)[0];
        return code switch
        {
            >= MessagePackCode.MinFixArray and <= MessagePackCode.MaxFixArray => code & 0x0F,
            MessagePackCode.Array16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            MessagePackCode.Array32 => checked((int)BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected(code, "an array"),
        };
    }

    /// <exception cref="MessagePackSerializationException">There is no number, or the bytes end.</exception>
    /// <exception cref="OverflowException">It is greater than any that is written.</exception>
    internal long ReadInt64()
    {
        byte code = Take(1)[0];
        return code switch
        {
            <= MessagePackCode.MaxFixInt => code,
            >= MessagePackCode.MinNegativeFixInt => (sbyte)code,
            MessagePackCode.Int8 => (sbyte)Take(1)[0],
            MessagePackCode.Int16 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            MessagePackCode.Int32 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            MessagePackCode.Int64 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => checked((long)ReadUnsigned(code)),
        };
    }

    /// <exception cref="MessagePackSerializationException">There is no number that is not negative, or the bytes end.</exception>
    internal ulong ReadUInt64()
    {
        byte code = Take(1)[0];
        return code <= MessagePackCode.MaxFixInt ? code : ReadUnsigned(code);
    }

    /// <param name="sizeMax">The most that is written in this place.</param>
    /// <exception cref="MessagePackSerializationException">There are no bytes, or more, or they end.</exception>
    internal ReadOnlySpan<byte> ReadBytes(int sizeMax)
    {
        byte code = Take(1)[0];
        uint size = code switch
        {
            MessagePackCode.Bin8 => Take(1)[0],
            MessagePackCode.Bin16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            MessagePackCode.Bin32 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected(code, "bytes"),
        };
        if (size > sizeMax)
            throw new MessagePackSerializationException($"A field has {size} bytes, more than the {sizeMax} that are written.");
        return Take((int)size);
    }

    private ulong ReadUnsigned(byte code) => code switch
    {
        MessagePackCode.UInt8 => Take(1)[0],
        MessagePackCode.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        MessagePackCode.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        MessagePackCode.UInt64 => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        _ => throw Unexpected(code, "a number"),
    };

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size > _rest.Length)
            throw new MessagePackSerializationException($"The bytes end {size - _rest.Length} too soon.");
        ReadOnlySpan<byte> taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }

    private static MessagePackSerializationException Unexpected(byte code, string expected) => new($"Found the code {code:x2}, expected {expected}.");
}
