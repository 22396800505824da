using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using ZiggyCreatures.Caching.Fusion;

namespace Refrain.Benchmarks;

/// <summary>The same job for everybody: a prompt as a string in, the answer's bytes out.</summary>
internal sealed class Contenders : IAsyncDisposable
{
    private static readonly HybridCacheEntryOptions InProcess = new() { Flags = HybridCacheEntryFlags.DisableDistributedCache };

    private readonly ServiceProvider _services = new ServiceCollection().AddHybridCache(static options => options.MaximumKeyLength = 1 << 20).Services.BuildServiceProvider();
    private readonly MemoryStore _store = new();
    private readonly ConcurrentDictionary<string, byte[]> _dictionary = new(StringComparer.Ordinal);
    private readonly MemoryCache _memory = new(new MemoryCacheOptions());
    private readonly FusionCache _fusion = new(new FusionCacheOptions());
    private readonly ArrayBufferWriter<byte> _copy = new();
    private readonly string[] _asked;
    private ConcurrentLru<string, byte[]> _lru = null!;
    private ConcurrentLfu<string, byte[]> _lfu = null!;
    private HybridCache _hybrid = null!;
    private SemanticCache _cache = null!;
    private CacheScope _scope = null!;
    private byte[][] _payloads = null!;

    private Contenders(int count, int promptLength)
    {
        // Asked with strings of their own: a request never brings the very object that was stored.
        _asked = [.. Enumerable.Range(0, count).Select(i => PromptOf(i, promptLength))];
    }

    internal string[] Asked => _asked;

    internal SemanticCache Cache => _cache;

    internal CacheScope Scope => _scope;

    internal static async Task<Contenders> CreateAsync(int count, int promptLength, int payloadSize)
    {
        var made = new Contenders(count, promptLength);
        await made.FillAsync(promptLength, payloadSize);
        return made;
    }

    /// <summary>The contenders, ours first.</summary>
    internal Contender[] All() =>
    [
        new("SemanticCache", LookUpOurs, Write),
        new("ConcurrentDictionary", prompt => _dictionary.TryGetValue(prompt, out byte[]? bytes) ? bytes.Length : 0, at => _dictionary[_asked[at]] = CopyOf(at)),
        new("ConcurrentLru", prompt => _lru.TryGet(prompt, out byte[]? bytes) ? bytes.Length : 0, at => _lru.AddOrUpdate(_asked[at], CopyOf(at))),
        new("ConcurrentLfu", prompt => _lfu.TryGet(prompt, out byte[]? bytes) ? bytes.Length : 0, at => _lfu.AddOrUpdate(_asked[at], CopyOf(at))),
        new("MemoryCache", prompt => _memory.TryGetValue(prompt, out byte[]? bytes) ? bytes!.Length : 0, at => _memory.Set(_asked[at], CopyOf(at))),
        new("FusionCache", prompt => _fusion.TryGet<byte[]>(prompt).Value.Length, at => _fusion.Set(_asked[at], CopyOf(at))),
        new("HybridCache", LookUpHybrid, WriteHybrid),
    ];

    /// <summary>Ours, with a copy of the answer instead of a look at the bytes that the cache holds.</summary>
    internal Contender Copying() => new("SemanticCache, copied out", CopyOurs, Write);

    /// <summary>Looks up as many prompts as it is told, in an order that no prefetcher knows.</summary>
    internal void Run(Contender contender, int count)
    {
        int at = 7;
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            at = Next(at);
            bytes += contender.LookUp(_asked[at]);
        }

        if (bytes == 0)
            throw new InvalidOperationException("Every lookup has to be a hit.");
    }

    /// <summary>Lookups as they are between writes.</summary>
    /// <param name="contender">Whose.</param>
    /// <param name="isWriting">Whether before each run of lookups a prompt is stored anew.</param>
    /// <param name="runs">The time that each run of <paramref name="runLength"/> lookups took, in nanoseconds a lookup.</param>
    /// <param name="runLength">Lookups in a run.</param>
    internal void Churn(Contender contender, bool isWriting, Span<double> runs, int runLength)
    {
        int at = Environment.CurrentManagedThreadId * 31;
        foreach (ref double run in runs)
        {
            at = Next(at);
            if (isWriting)
                contender.Write(at);
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < runLength; i++)
            {
                at = Next(at);
                contender.LookUp(_asked[at]);
            }

            run = Stopwatch.GetElapsedTime(started).TotalNanoseconds / runLength;
        }
    }

    internal int LookUpOurs(string prompt)
    {
        ValueTask<CacheResult> lookup = _cache.GetAsync(new CacheQuery(_scope, prompt));
        return lookup.IsCompletedSuccessfully ? lookup.GetAwaiter().GetResult().Payload.Length : 0;
    }

    private int CopyOurs(string prompt)
    {
        ValueTask<CacheResult> lookup = _cache.GetAsync(new CacheQuery(_scope, prompt));
        if (!lookup.IsCompletedSuccessfully)
            return 0;
        _copy.ResetWrittenCount();
        lookup.GetAwaiter().GetResult().WriteTo(_copy);
        return _copy.WrittenCount;
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _store.DisposeAsync();
        await _services.DisposeAsync();
        _memory.Dispose();
        _fusion.Dispose();
    }

    /// <summary>A prompt of the given length whose beginning and end both tell which it is, like real ones.</summary>
    internal static string PromptOf(int number, int length) =>
        $"Question {number}: ".PadRight(Math.Max(0, length - 8), 'x') + number.ToString("D8", System.Globalization.CultureInfo.InvariantCulture);

    private int LookUpHybrid(string prompt)
    {
        ValueTask<byte[]> lookup = _hybrid.GetOrCreateAsync(prompt, static _ => new ValueTask<byte[]>(Array.Empty<byte>()));
        return lookup.IsCompletedSuccessfully ? lookup.GetAwaiter().GetResult().Length : 0;
    }

    private void Write(int at)
    {
        ValueTask storing = _cache.SetAsync(new CacheQuery(_scope, _asked[at]), _payloads[at]);
        if (!storing.IsCompletedSuccessfully)
            throw new InvalidOperationException("Without an embedder storing completes at once.");
    }

    private void WriteHybrid(int at)
    {
        ValueTask storing = _hybrid.SetAsync(_asked[at], CopyOf(at), InProcess);
        if (!storing.IsCompletedSuccessfully)
            throw new InvalidOperationException("Without a distributed cache storing completes at once.");
    }

    private byte[] CopyOf(int at) => [.. _payloads[at]];

    private int Next(int at) => (int)(((uint)at * 1_664_525u + 1_013_904_223u) % (uint)_asked.Length);

    private async Task FillAsync(int promptLength, int payloadSize)
    {
        int count = _asked.Length;
        _scope = CacheScope.Create("benchmark", ("model", "m-1"), ("system", "You are brief."));
        _cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { ExactBytesMax = 4L << 30 }, _store);
        _lru = new ConcurrentLru<string, byte[]>(Environment.ProcessorCount, (count * 2) + 32, StringComparer.Ordinal);
        _lfu = new ConcurrentLfu<string, byte[]>((count * 2) + 32);
        _hybrid = _services.GetRequiredService<HybridCache>();
        var random = new Random(20_251_122);
        _payloads = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            string prompt = PromptOf(i, promptLength);
            byte[] payload = _payloads[i] = new byte[payloadSize];
            random.NextBytes(payload);
            await _cache.SetAsync(new CacheQuery(_scope, prompt), payload);
            _dictionary[prompt] = payload;
            _lru.AddOrUpdate(prompt, payload);
            _lfu.AddOrUpdate(prompt, payload);
            _memory.Set(prompt, payload);
            _fusion.Set(prompt, payload);
            await _hybrid.SetAsync(prompt, payload, InProcess);
        }

        await _cache.FlushAsync();
    }
}
