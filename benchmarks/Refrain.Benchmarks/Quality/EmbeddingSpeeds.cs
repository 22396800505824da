using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;
using Refrain.Embeddings;

namespace Refrain.Benchmarks;

/// <summary>How long the local embedders take, a semantic hit with one of them, and what an embedder in trouble costs.</summary>
internal static class EmbeddingSpeeds
{
    private const int TableDimensions = 256;
    private const int TroubledCount = 1_000;
    private const string TwentyTokens = "how long does it take for the money to show up in my account after a bank transfer from abroad ?";

    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(50);

    /// <summary>The lexical embedder and a static table on a prompt of twenty tokens.</summary>
    public static void Local(SuiteRun run)
    {
        run.Add("lexical, 20 words", "embed, p50", Median(() => LexicalEmbeddingGenerator.Embed(TwentyTokens)), "µs");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("refrain-table-");
        try
        {
            using StaticTableEmbeddingGenerator table = StaticTableEmbeddingGenerator.Open(new StaticTableOptions { TablePath = WriteTable(folder) });
            run.Add($"static table, 20 words, {TableDimensions} dimensions", "embed, p50", Median(() => table.Embed(TwentyTokens)), "µs");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Questions asked again with padding, each embedded anew, before a cache of many entries.</summary>
    public static async Task SemanticHitAsync(SuiteRun run, string[] prompts, int count)
    {
        await using var store = new MemoryStore();
        using var embedder = new LexicalEmbeddingGenerator();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { ExactBytesMax = 4L << 30 }, store, embedder);
        CacheScope scope = CacheScope.Create("benchmark", ("model", "m-1"));
        byte[] payload = new byte[512];
        for (int i = 0; i < count; i++)
        {
            string text = i < prompts.Length ? prompts[i] : $"{prompts[i % prompts.Length]} about case {i}";
            await cache.SetAsync(new CacheQuery(scope, text), payload);
        }

        await cache.FlushAsync();
        var times = new List<double>();
        foreach (string prompt in prompts)
        {
            CacheQuery query = new(scope, $"Hello, can you please tell me {prompt}");
            long started = Stopwatch.GetTimestamp();
            CacheResult result = await cache.GetAsync(query);
            double elapsed = Interleaved.MicrosecondsSince(started);
            if (result.Kind == HitKind.Semantic) times.Add(elapsed);
        }

        times.Sort();
        string where = $"semantic hit with its embedding, {count} entries";
        run.Add(where, "hits measured", times.Count, "");
        if (times.Count == 0) return;
        run.Add(where, "p50", times[times.Count / 2], "µs");
        run.Add(where, "p99", times[times.Count * 99 / 100], "µs");
    }

    /// <summary>A thousand lookups, one after the other, while the embedder hangs, is too slow, or fails; an exact hit after each.</summary>
    public static async Task TroubleAsync(SuiteRun run)
    {
        foreach (string trouble in new[] { "hanging", "slow", "dead" })
        {
            await using var store = new MemoryStore();
            using var embedder = new TroubledEmbedder(trouble);
            await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { EmbedTimeout = Deadline }, store, embedder);
            CacheScope scope = CacheScope.Create("benchmark");
            CacheQuery known = new(scope, "known") { Embedding = LexicalEmbeddingGenerator.Embed("known") };
            await cache.SetAsync(known, new byte[512]);
            double[] exact = new double[TroubledCount];
            int paid = 0;
            for (int i = 0; i < TroubledCount; i++)
            {
                long started = Stopwatch.GetTimestamp();
                await cache.GetAsync(new CacheQuery(scope, $"question {i}"));
                if (Stopwatch.GetElapsedTime(started) >= Deadline) paid++;
                started = Stopwatch.GetTimestamp();
                await cache.GetAsync(known);
                exact[i] = Interleaved.MicrosecondsSince(started);
            }

            Array.Sort(exact);
            string where = $"{trouble} embedder, {TroubledCount} requests";
            run.Add(where, "paid the deadline", paid, "");
            run.Add(where, "calls of the embedder", embedder.Calls, "");
            run.Add(where, "exact hit meanwhile, p50", exact[TroubledCount / 2], "µs");
        }
    }

    private static double Median(Func<float[]> embed)
    {
        double[] times = new double[2_000];
        for (int i = -times.Length; i < times.Length; i++)
        {
            long started = Stopwatch.GetTimestamp();
            embed();
            if (i >= 0) times[i] = Interleaved.MicrosecondsSince(started);
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    // The words of the prompt and thirty thousand others, as big as real tables are.
    private static string WriteTable(DirectoryInfo folder)
    {
        string[] vocabulary = [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Concat(TwentyTokens.Split(' ').Distinct()).Concat(Enumerable.Range(0, 30_000).Select(i => $"word{i}"))];
        File.WriteAllLines(Path.Combine(folder.FullName, "vocab.txt"), vocabulary);
        long size = vocabulary.Length * TableDimensions * sizeof(float);
        byte[] header = Encoding.ASCII.GetBytes($"{{\"embeddings\":{{\"dtype\":\"F32\",\"shape\":[{vocabulary.Length},{TableDimensions}],\"data_offsets\":[0,{size}]}}}}");
        string path = Path.Combine(folder.FullName, "model.safetensors");
        using FileStream file = File.Create(path);
        byte[] row = new byte[TableDimensions * sizeof(float)];
        BinaryPrimitives.WriteInt64LittleEndian(row, header.Length);
        file.Write(row, 0, sizeof(long));
        file.Write(header);
        var random = new Random(1);
        for (int i = 0; i < vocabulary.Length; i++)
        {
            for (int j = 0; j < TableDimensions; j++) BinaryPrimitives.WriteSingleLittleEndian(row.AsSpan(j * sizeof(float)), (float)(random.NextDouble() - 0.5));
            file.Write(row);
        }

        return path;
    }

    private sealed class TroubledEmbedder(string trouble) : IEmbeddingGenerator<string, Embedding<float>>
    {
        private readonly TaskCompletionSource<GeneratedEmbeddings<Embedding<float>>> _never = new();
        private int _calls;

        public int Calls => _calls;

        public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _calls);
            if (trouble == "dead") throw new HttpRequestException("The embedder refuses the connection.");
            if (trouble == "hanging") return await _never.Task;
            await Task.Delay(Deadline * 10, cancellationToken);
            return [.. values.Select(text => new Embedding<float>(LexicalEmbeddingGenerator.Embed(text)))];
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(EmbeddingSpace) ? LexicalEmbeddingGenerator.Space : null;

        public void Dispose()
        {
        }
    }
}
