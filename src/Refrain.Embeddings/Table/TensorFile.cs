using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Refrain.Embeddings;

/// <summary>Reads tensors of a safetensors file: eight bytes of header size, a JSON header, then the numbers.</summary>
internal sealed class TensorFile
{
    private const int HeaderSizeMax = 16 << 20;

    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly int _dataStart;
    private readonly JsonElement _header;

    private TensorFile(string path, byte[] bytes, int dataStart, JsonElement header)
    {
        _path = path;
        _bytes = bytes;
        _dataStart = dataStart;
        _header = header;
    }

    /// <exception cref="InvalidDataException">The file is no safetensors file.</exception>
    internal static TensorFile Open(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < sizeof(long)) throw new InvalidDataException($"{path} is no safetensors file: it has {bytes.Length} bytes.");
        long headerSize = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (headerSize is < 2 or > HeaderSizeMax || headerSize > bytes.Length - sizeof(long))
            throw new InvalidDataException($"{path} is no safetensors file: its header would have {headerSize} bytes.");
        try
        {
            using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(sizeof(long), (int)headerSize));
            return new TensorFile(path, bytes, sizeof(long) + (int)headerSize, header.RootElement.Clone());
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is no safetensors file: its header is no JSON ({error.Message}).", error);
        }
    }

    /// <summary>The names in the file that are tensors.</summary>
    internal IEnumerable<string> Names => _header.EnumerateObject().Select(tensor => tensor.Name).Where(name => name != "__metadata__");

    internal bool Has(string name) => _header.TryGetProperty(name, out _);

    /// <summary>The numbers of a tensor of F32, F16, BF16 or F64, and its shape.</summary>
    /// <exception cref="InvalidDataException">There is no such tensor, or it does not fit the file.</exception>
    internal float[] Read(string name, out int[] shape)
    {
        if (!_header.TryGetProperty(name, out JsonElement tensor)) throw new InvalidDataException($"{_path} has no tensor \"{name}\"; it has {string.Join(", ", Names)}.");
        string type = tensor.GetProperty("dtype").GetString() ?? "";
        shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32())];
        long[] offsets = [.. tensor.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        long count = shape.Aggregate(1L, (product, side) => product * side);
        int size = type switch { "F64" => 8, "F32" => 4, "F16" or "BF16" => 2, _ => throw new InvalidDataException($"{_path}: \"{name}\" is of {type}; F16, BF16, F32 and F64 are read.") };
        bool fits = shape.All(side => side >= 0) && offsets.Length == 2 && offsets[0] >= 0 && offsets[1] - offsets[0] == count * size && offsets[1] <= _bytes.Length - _dataStart;
        if (!fits) throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{_path}: \"{name}\" of {count} numbers does not fit its place in the file."));

        ReadOnlySpan<byte> data = _bytes.AsSpan(_dataStart + (int)offsets[0], (int)(offsets[1] - offsets[0]));
        float[] numbers = new float[count];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<byte> number = data.Slice(i * size, size);
            numbers[i] = type switch
            {
                "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(number),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(number),
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(number),
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(number) << 16),
            };
        }

        return numbers;
    }
}
