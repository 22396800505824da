using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>
/// Readers, writers, eviction, expiry, removal and invalidation at once for as long as it is told, against an oracle: an answer holds its question and version, so
/// that whoever reads it sees whether it may be served. The process must not grow.
/// </summary>
internal sealed class Soak : IAsyncDisposable
{
    private const int KeyCount = 20_000;
    private const int TagCount = 32;
    private const int PayloadSizeMin = 40;
    private const long Budget = 16L * 1024 * 1024;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly CacheScope Scope = CacheScope.Create("soak", ("model", "m-1"));

    private readonly MemoryStore _store = new();
    private readonly long[] _begun = new long[KeyCount];
    private readonly long[] _done = new long[KeyCount];
    private readonly Settled?[] _settled = new Settled?[KeyCount];
    private readonly long[] _generationsBegun = new long[TagCount];
    private readonly long[] _generationsDone = new long[TagCount];
    private readonly List<double> _workingSets = [];
    private SemanticCache _cache = null!;
    private long _operations;
    private long _hits;
    private long _wrong;

    /// <summary>How long "10m", "90s" or "1h" is.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    internal static TimeSpan Parse(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return unit > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out double count) && count > 0
            ? TimeSpan.FromSeconds(count * unit)
            : throw new UsageException($"--soak wants a time such as 30s, 10m or 1h, not '{text}'.");
    }

    /// <returns>Whether nothing wrong was served.</returns>
    internal static async Task<bool> RunAsync(SuiteRun run, TimeSpan duration, CancellationToken cancellation)
    {
        await using var soak = new Soak();
        soak._cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { ExactBytesMax = Budget }, soak._store, cancellationToken: cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(duration);
        run.Say($"soak of {duration}, {KeyCount} questions, budget {Budget >> 20} MiB");
        int writerCount = Math.Max(1, Environment.ProcessorCount / 2);
        Task[] work =
        [
            .. Enumerable.Range(0, writerCount).Select(writer => Task.Run(() => soak.WriteAsync(writer, writerCount, stop.Token), CancellationToken.None)),
            .. Enumerable.Range(0, Environment.ProcessorCount).Select(reader => Task.Run(() => soak.ReadAsync(reader, stop.Token), CancellationToken.None)),
            Task.Run(() => soak.InvalidateAsync(stop.Token), CancellationToken.None),
        ];
        await soak.WatchAsync(stop.Token);
        await Task.WhenAll(work);
        soak.Report(run, $"soak of {duration}");
        return soak._wrong == 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _store.DisposeAsync();
    }

    private void Report(SuiteRun run, string name)
    {
        run.Add(name, "operations", _operations, "calls");
        run.Add(name, "hits", _hits, "calls");
        run.Add(name, "wrong answers", _wrong, "answers");
        int quarter = _workingSets.Count / 4;
        if (quarter == 0)
            return;
        double early = _workingSets.Skip(quarter).Take(quarter).Max();
        double late = _workingSets.TakeLast(quarter).Max();
        run.Add(name, "most memory, last quarter", late / (1 << 20), "MiB");
        run.Add(name, "most memory, last quarter against second", late / early, "ratio");
    }

    private async Task WriteAsync(int writer, int writerCount, CancellationToken stop)
    {
        var random = new Random(writer);
        byte[] payload = new byte[4_096];
        while (!stop.IsCancellationRequested)
        {
            // Each question has one writer, so that its versions have an order.
            int key = (Pick(random) / writerCount * writerCount) + writer;
            if (key >= KeyCount)
                continue;
            var query = new CacheQuery(Scope, TextOf(key));
            long version = Interlocked.Increment(ref _begun[key]);
            if (random.Next(20) == 0)
            {
                await _cache.RemoveAsync(query, CancellationToken.None);
            }
            else
            {
                int tag = key % TagCount;
                TimeSpan timeToLive = TimeSpan.FromMilliseconds(random.Next(20, 5_000));
                int size = PayloadSizeMin + random.Next(payload.Length - PayloadSizeMin);
                BinaryPrimitives.WriteInt64LittleEndian(payload, key);
                BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(8), version);
                var options = new CacheEntryOptions { TimeToLive = timeToLive, Tags = [TagOf(tag)], Cost = random.Next(1, 100) / 1_000m };
                await _cache.SetAsync(query, payload.AsMemory(0, size), options, CancellationToken.None);
                long end = Stopwatch.GetTimestamp() + (long)((timeToLive.TotalSeconds + 0.001) * Stopwatch.Frequency);
                Volatile.Write(ref _settled[key], new Settled(version, Volatile.Read(ref _generationsBegun[tag]), end));
            }

            Volatile.Write(ref _done[key], version);
            Interlocked.Increment(ref _operations);
            if (random.Next(64) == 0)
                await Task.Delay(1, CancellationToken.None);
        }
    }

    private async Task ReadAsync(int reader, CancellationToken stop)
    {
        var random = new Random(1_000 + reader);
        while (!stop.IsCancellationRequested)
        {
            for (int i = 0; i < 1_000; i++)
            {
                int key = Pick(random);
                long done = Volatile.Read(ref _done[key]);
                Settled? settled = Volatile.Read(ref _settled[key]);
                long generation = Volatile.Read(ref _generationsDone[key % TagCount]);
                long started = Stopwatch.GetTimestamp();
                CacheResult result = await _cache.GetAsync(new CacheQuery(Scope, TextOf(key)), CancellationToken.None);
                Interlocked.Increment(ref _operations);
                if (!result.IsHit)
                    continue;
                Interlocked.Increment(ref _hits);
                if (IsWrong(result.Payload.Span, key, done, settled, generation, started))
                    Interlocked.Increment(ref _wrong);
            }
        }
    }

    private async Task InvalidateAsync(CancellationToken stop)
    {
        var random = new Random(99);
        while (!stop.IsCancellationRequested)
        {
            int tag = random.Next(TagCount);
            long generation = Interlocked.Increment(ref _generationsBegun[tag]);
            await _cache.InvalidateTagAsync(Scope.Tenant, TagOf(tag), CancellationToken.None);
            Volatile.Write(ref _generationsDone[tag], generation);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(SampleEvery, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var process = Process.GetCurrentProcess();
            _workingSets.Add(process.WorkingSet64);
        }
    }

    /// <summary>An answer is wrong if it is another question's, older than one that was complete or newer than one begun; or if it was over, or outdated after it was complete, when the lookup began.</summary>
    private bool IsWrong(ReadOnlySpan<byte> payload, int key, long done, Settled? settled, long generation, long started)
    {
        long version = BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);
        if (BinaryPrimitives.ReadInt64LittleEndian(payload) != key || version < done || version > Volatile.Read(ref _begun[key]))
            return true;
        return settled is not null && settled.Version == version && (settled.End < started || settled.Generation < generation);
    }

    /// <summary>Some questions are asked far more often than others.</summary>
    private static int Pick(Random random) => (int)(KeyCount * Math.Pow(random.NextDouble(), 3));

    private static string TagOf(int tag) => $"tag {tag}";

    private static string TextOf(int key) => key % 3 == 0 ? $"Wie heißt die Antwort auf Frage {key}?" : $"What is the answer to question {key}? ".PadRight(key % 3 == 1 ? 40 : 700, '.');

    /// <param name="Version">Which answer of its question was complete.</param>
    /// <param name="Generation">The last invalidation of its tag that was begun by then.</param>
    /// <param name="End">The latest moment at which it may be served.</param>
    private sealed record Settled(long Version, long Generation, long End);
}
