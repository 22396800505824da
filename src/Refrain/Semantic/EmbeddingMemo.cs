using System.Collections.Concurrent;

namespace Refrain;

/// <summary>Embeddings by their text, bounded in bytes; the oldest go first. Texts are compared whole.</summary>
internal sealed class EmbeddingMemo
{
    private const int OverheadSize = 160;

    private readonly ConcurrentDictionary<string, float[]> _vectors = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();
    private readonly long _bytesMax;
    private long _bytes;

    internal EmbeddingMemo(long bytesMax) => _bytesMax = bytesMax;

    internal bool TryFind(string text, out float[]? vector) => _vectors.TryGetValue(text, out vector);

    internal void Put(string text, float[] vector)
    {
        int size = SizeOf(text, vector);
        if (size > _bytesMax || !_vectors.TryAdd(text, vector))
            return;
        _order.Enqueue(text);
        long bytes = Interlocked.Add(ref _bytes, size);
        while (bytes > _bytesMax && _order.TryDequeue(out string? oldest))
        {
            if (_vectors.TryRemove(oldest, out float[]? removed))
                bytes = Interlocked.Add(ref _bytes, -SizeOf(oldest, removed));
        }
    }

    private static int SizeOf(string text, float[] vector) => OverheadSize + (text.Length * sizeof(char)) + (vector.Length * sizeof(float));
}
