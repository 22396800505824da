using System.Buffers.Binary;
using System.Text.Json;

namespace Refrain.Embeddings;

/// <summary>Reads a vector off the wire and gives it unit length.</summary>
internal static class VectorDecoder
{
    /// <summary>Reads base64 of little-endian float32 or of int8, or a JSON array of numbers.</summary>
    /// <exception cref="InvalidDataException">It is neither, has another dimension, or holds what is no number.</exception>
    internal static float[] Read(JsonElement embedding, int dimensions, bool int8)
    {
        float[] vector = embedding.ValueKind switch
        {
            JsonValueKind.String when embedding.TryGetBytesFromBase64(out byte[]? bytes) => int8 ? FromInt8(bytes) : FromFloats(bytes),
            JsonValueKind.Array => FromNumbers(embedding),
            _ => throw new InvalidDataException($"an embedding is neither base64 nor an array but {embedding.ValueKind}"),
        };
        if (vector.Length != dimensions) throw new InvalidDataException($"an embedding has {vector.Length} numbers where {dimensions} were asked for");
        Normalise(vector);
        return vector;
    }

    /// <summary>Scales a vector to unit length.</summary>
    /// <exception cref="InvalidDataException">It has no direction.</exception>
    internal static void Normalise(Span<float> vector)
    {
        double squares = 0;
        foreach (float number in vector) squares += (double)number * number;
        if (!double.IsFinite(squares) || squares == 0) throw new InvalidDataException("an embedding is zero or holds what is no number");
        double scale = 1 / Math.Sqrt(squares);
        for (int i = 0; i < vector.Length; i++) vector[i] = (float)(vector[i] * scale);
    }

    private static float[] FromFloats(byte[] bytes)
    {
        if (bytes.Length % sizeof(float) != 0) throw new InvalidDataException($"an embedding has {bytes.Length} bytes, which is no whole number of floats");
        float[] vector = new float[bytes.Length / sizeof(float)];
        for (int i = 0; i < vector.Length; i++) vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        return vector;
    }

    private static float[] FromInt8(byte[] bytes) => Array.ConvertAll(bytes, value => (float)(sbyte)value);

    private static float[] FromNumbers(JsonElement array)
    {
        float[] vector = new float[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement number in array.EnumerateArray())
        {
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetSingle(out vector[i])) throw new InvalidDataException("an embedding holds what is no number");
            i++;
        }

        return vector;
    }
}
