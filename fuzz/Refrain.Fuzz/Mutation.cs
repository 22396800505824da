using System.Buffers.Binary;

namespace Refrain.Fuzz;

/// <summary>Makes a new input from old ones. The same seed makes the same inputs.</summary>
internal sealed class Mutation(int seed)
{
    private static readonly long[] Telling =
        [0, 1, -1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 1024, 4096, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, long.MaxValue, long.MinValue];

    private static readonly string[] Words =
        ["\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "-0", "1e999", "\\ud800", "\\u0000", "\"model\":", "\"messages\":", "\"role\":\"user\"", "\"content\":"];

    private readonly Random _random = new(seed);

    /// <summary>One to eight changes to <paramref name="parent"/>.</summary>
    /// <param name="parent">The input to start from.</param>
    /// <param name="other">Another one, to take pieces from.</param>
    /// <param name="lengthMax">The result is cut to this.</param>
    public byte[] Next(byte[] parent, byte[] other, int lengthMax)
    {
        List<byte> bytes = [.. parent];
        int changes = 1 << _random.Next(4);
        for (int i = 0; i < changes; i++)
            Change(bytes, other);
        if (bytes.Count > lengthMax)
            bytes.RemoveRange(lengthMax, bytes.Count - lengthMax);
        return [.. bytes];
    }

    /// <summary>A number in [0, <paramref name="below"/>).</summary>
    public int Pick(int below) => _random.Next(below);

    private void Change(List<byte> bytes, byte[] other)
    {
        int at = bytes.Count == 0 ? 0 : _random.Next(bytes.Count);
        switch (_random.Next(bytes.Count == 0 ? 2 : 10))
        {
            case 0:
                bytes.Insert(at, (byte)_random.Next(256));
                break;
            case 1:
                bytes.InsertRange(at, Piece(other));
                break;
            case 2:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 3:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 4:
                bytes[at] += (byte)(_random.Next(33) - 16);
                break;
            case 5:
                bytes.RemoveRange(at, _random.Next(1, Math.Min(32, bytes.Count - at) + 1));
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                bytes.InsertRange(at, Piece([.. bytes]));
                break;
            case 8:
                bytes.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(Words[_random.Next(Words.Length)]));
                break;
            default:
                OverwriteNumber(bytes, at);
                break;
        }
    }

    private ReadOnlySpan<byte> Piece(byte[] source)
    {
        if (source.Length == 0)
            return [];
        int start = _random.Next(source.Length);
        return source.AsSpan(start, _random.Next(1, Math.Min(64, source.Length - start) + 1));
    }

    private void OverwriteNumber(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        long value = Telling[_random.Next(Telling.Length)];
        int width = 1 << _random.Next(4);
        if (_random.Next(2) == 0)
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(number, value << (64 - (8 * width)));
        for (int i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }
}
