using System.Buffers;
using CsCheck;
using MessagePack;

namespace Refrain.Tests;

/// <summary>What the library writes is read as the library reads it, and nothing else is read at all.</summary>
public sealed class FieldReaderTests
{
    private static readonly Gen<long> AnyWidth = Gen.Select(Gen.Long, Gen.Int[0, 63], static (number, shift) => number >> shift);

    [Fact]
    public void Numbers_of_every_width_are_read_as_they_were_written() => AnyWidth.Sample(static number =>
    {
        var reader = new FieldReader(Written(number, static (ref MessagePackWriter writer, long it) => writer.Write(it)));
        return reader.ReadInt64() == number && reader.IsAtEnd;
    });

    [Fact]
    public void Numbers_without_a_sign_are_read_as_they_were_written() => AnyWidth.Sample(static number =>
    {
        var reader = new FieldReader(Written((ulong)number, static (ref MessagePackWriter writer, ulong it) => writer.Write(it)));
        return reader.ReadUInt64() == (ulong)number && reader.IsAtEnd;
    });

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Bytes_of_every_width_are_read_as_they_were_written_and_not_where_they_are_too_many(int size)
    {
        byte[] written = Written(new byte[size], static (ref MessagePackWriter writer, byte[] it) => writer.Write(it));
        var reader = new FieldReader(written);
        Assert.Equal(size, reader.ReadBytes(size).Length);
        Assert.True(reader.IsAtEnd);
        Assert.Throws<MessagePackSerializationException>(() => new FieldReader(written).ReadBytes(size - 1).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(65_536)]
    public void Array_headers_of_every_width_are_read_as_they_were_written(int count) =>
        Assert.Equal(count, new FieldReader(Written(count, static (ref MessagePackWriter writer, int it) => writer.WriteArrayHeader(it))).ReadArrayHeader());

    [Fact]
    public void Whatever_bytes_there_are_they_are_read_as_the_library_reads_them_or_not_at_all() => Gen.Byte.Array[0, 20].Sample(static bytes =>
    {
        long? ours = Try(bytes, static it => new FieldReader(it).ReadInt64());
        long? theirs = Try(bytes, static it => new MessagePackReader(it).ReadInt64());
        if (ours != theirs)
            return false;
        int? ourCount = (int?)Try(bytes, static it => new FieldReader(it).ReadBytes(int.MaxValue).Length);

        // The library takes a text for bytes as well; no entry holds one.
        bool isText = bytes.Length > 0 && (bytes[0] is >= MessagePackCode.MinFixStr and <= MessagePackCode.MaxFixStr or MessagePackCode.Str8 or MessagePackCode.Str16 or MessagePackCode.Str32);
        int? theirCount = isText ? null : (int?)Try(bytes, static it => new MessagePackReader(it).ReadBytes()?.Length ?? throw new MessagePackSerializationException("nil"));
        return ourCount == theirCount;
    });

    /// <summary>What was read, or null; a length beyond that of any array the library answers with the exception of a wrong argument.</summary>
    private static long? Try(byte[] bytes, Func<byte[], long> read)
    {
        try
        {
            return read(bytes);
        }
        catch (Exception exception) when (exception is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private delegate void Write<in T>(ref MessagePackWriter writer, T it);

    private static byte[] Written<T>(T it, Write<T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer, it);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
