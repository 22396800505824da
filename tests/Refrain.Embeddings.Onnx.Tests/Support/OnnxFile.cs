using System.Text;

namespace Refrain.Embeddings.Onnx.Tests;

/// <summary>
/// Writes a model of one operator by hand, in the protocol buffers of ONNX: last_hidden_state = Gather(table, input_ids). Enough to see that ids, mask,
/// batches and pooling are right.
/// </summary>
internal static class OnnxFile
{
    private const int Int64 = 7;
    private const int Float = 1;

    public static byte[] Encoder(int rowCount, int dimensions, Func<int, int, float> table, string idsName = "input_ids")
    {
        byte[] numbers = new byte[rowCount * dimensions * sizeof(float)];
        for (int i = 0; i < rowCount * dimensions; i++) BitConverter.TryWriteBytes(numbers.AsSpan(i * sizeof(float)), table(i / dimensions, i % dimensions));

        byte[] tensor = [.. Varint(1, rowCount), .. Varint(1, dimensions), .. Varint(2, Float), .. Text(8, "table"), .. Bytes(9, numbers)];
        byte[] gather = [.. Text(1, "table"), .. Text(1, idsName), .. Text(2, "last_hidden_state"), .. Text(4, "Gather")];
        byte[] graph =
        [
            .. Bytes(1, gather), .. Text(2, "encoder"), .. Bytes(5, tensor),
            .. Bytes(11, Value(idsName, Int64, "batch", "tokens")), .. Bytes(11, Value("attention_mask", Int64, "batch", "tokens")),
            .. Bytes(12, Value("last_hidden_state", Float, "batch", "tokens", dimensions)),
        ];
        byte[] operators = Varint(2, 13);
        return [.. Varint(1, 8), .. Bytes(7, graph), .. Bytes(8, operators)];
    }

    private static byte[] Value(string name, int type, params object[] sides)
    {
        byte[] shape = [.. sides.SelectMany(side => Bytes(1, side is int fixedSide ? Varint(1, fixedSide) : Text(2, (string)side)))];
        byte[] tensor = [.. Varint(1, type), .. Bytes(2, shape)];
        return [.. Text(1, name), .. Bytes(2, Bytes(1, tensor))];
    }

    private static byte[] Varint(int field, long value) => [.. Number((ulong)(field << 3)), .. Number((ulong)value)];

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Number((ulong)((field << 3) | 2)), .. Number((ulong)bytes.Length), .. bytes];

    private static IEnumerable<byte> Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
