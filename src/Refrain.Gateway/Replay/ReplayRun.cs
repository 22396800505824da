using System.Buffers.Binary;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>
/// Sends the questions of a file through the cache, one after the other; what it cannot answer, the demo model does, whose delays are counted and not slept.
/// An answer remembers which question it was made for, and so a hit can be judged by the groups of the file.
/// </summary>
internal sealed class ReplayRun : IAsyncDisposable
{
    // In front of every stored answer: the place of its question in the file, and the model's delay in ticks.
    private const int HeaderSize = 2 * sizeof(long);

    private readonly SemanticCache _cache;
    private readonly ReplayOptions _options;
    private readonly ModelPrices _prices;
    private readonly TimeProvider _time;
    private readonly string _embedder;
    private readonly string _store;
    private readonly LatencySamples _embed;
    private readonly LatencySamples _durableReads;
    private readonly Dictionary<HitKind, LatencySamples> _lookups = [];
    private readonly LatencySamples _rest = new();
    private readonly LatencySamples _stores = new();
    private readonly LatencySamples _model = new();
    private readonly VirtualTimeProvider _virtual;
    private readonly DemoModel _demo;
    private readonly Dictionary<HitKind, long> _counts = [];
    private readonly Dictionary<HitKind, long> _wrong = [];
    private readonly List<string?> _groups = [];
    private long _refused;
    private TimeSpan _modelSaved;

    private ReplayRun(SemanticCache cache, ReplayOptions options, ReplayParts parts, LatencySamples embed, LatencySamples durableReads)
    {
        _cache = cache;
        _options = options;
        _prices = parts.Prices;
        _time = parts.Time;
        _embedder = parts.EmbedderName;
        _store = parts.Store.Name;
        _embed = embed;
        _durableReads = durableReads;
        _virtual = new VirtualTimeProvider(parts.Time.GetUtcNow());
        _demo = new DemoModel(_virtual);
    }

    /// <summary>Opens a cache over the parts, with a watch on each.</summary>
    public static async Task<ReplayRun> OpenAsync(ReplayOptions options, SemanticCacheOptions cacheOptions, ReplayParts parts, CancellationToken cancellation)
    {
        var embed = new LatencySamples();
        var reads = new LatencySamples();
        TimedEmbedder? embedder = parts.Embedder is null || options.ExactOnly ? null : new TimedEmbedder(parts.Embedder, embed, parts.Time);
        var services = new SemanticCacheServices { TimeProvider = parts.Time };
        SemanticCache cache = await SemanticCache.OpenAsync(cacheOptions, new TimedStore(parts.Store, reads, parts.Time), embedder, services, cancellation).ConfigureAwait(false);
        return new ReplayRun(cache, options, parts, embed, reads);
    }

    /// <summary>Sends the questions through.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its name, for the report.</param>
    /// <param name="progress">Told after every question how far the file has been read, from 0 to 1.</param>
    /// <param name="cancellation">Ends the replay.</param>
    public async Task<ReplayReport> RunAsync(PromptFile file, string path, Action<double> progress, CancellationToken cancellation)
    {
        long started = _time.GetTimestamp();
        var scope = CacheScope.Create("replay", ("model", _options.Model));
        HitPolicy policy = _options.SimilarityThreshold is { } threshold ? HitPolicy.Default with { SimilarityThreshold = threshold } : HitPolicy.Default;
        await foreach (Prompt prompt in file.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (_groups.Count == _options.Limit)
                break;
            _groups.Add(prompt.Group is null ? null : string.Intern(prompt.Group));
            await AskAsync(new CacheQuery(scope, prompt.Text) { Policy = policy }, cancellation).ConfigureAwait(false);
            progress(file.Progress);
        }
        await _cache.FlushAsync(cancellation).ConfigureAwait(false);
        return Report(path, _time.GetElapsedTime(started));
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync().ConfigureAwait(false);
        _demo.Dispose();
    }

    private async Task AskAsync(CacheQuery query, CancellationToken cancellation)
    {
        TimeSpan elsewhere = _embed.Total + _durableReads.Total;
        long started = _time.GetTimestamp();
        CacheResult result;
        try
        {
            result = await _cache.GetAsync(query, cancellation).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            _refused++;
            return;
        }
        TimeSpan elapsed = _time.GetElapsedTime(started);
        Samples(result.Kind).Add(elapsed);
        if (result.Kind != HitKind.Exact)
            _rest.Add(elapsed - (_embed.Total + _durableReads.Total - elsewhere));
        _counts[result.Kind] = _counts.GetValueOrDefault(result.Kind) + 1;
        if (result.IsHit)
            Judge(result);
        else
            await AnswerAsync(query with { Embedding = result.Embedding }, cancellation).ConfigureAwait(false);
    }

    private void Judge(CacheResult hit)
    {
        ReadOnlySpan<byte> header = hit.Payload.Span[..HeaderSize];
        int question = (int)BinaryPrimitives.ReadInt64LittleEndian(header);
        _modelSaved += TimeSpan.FromTicks(BinaryPrimitives.ReadInt64LittleEndian(header[sizeof(long)..]));
        if (_groups[question] != _groups[^1])
            _wrong[hit.Kind] = _wrong.GetValueOrDefault(hit.Kind) + 1;
    }

    private async Task AnswerAsync(CacheQuery query, CancellationToken cancellation)
    {
        TimeSpan before = _virtual.Elapsed;
        ChatResponse answer = await _demo.GetResponseAsync(
            [new ChatMessage(ChatRole.User, query.Text)], new ChatOptions { ModelId = _options.Model, Temperature = 0 }, cancellation).ConfigureAwait(false);
        TimeSpan delay = _virtual.Elapsed - before;
        _model.Add(delay);

        byte[] text = System.Text.Encoding.UTF8.GetBytes(answer.Text);
        byte[] payload = new byte[HeaderSize + text.Length];
        BinaryPrimitives.WriteInt64LittleEndian(payload, _groups.Count - 1);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(sizeof(long)), delay.Ticks);
        text.CopyTo(payload, HeaderSize);
        decimal cost = DemoModel.CostOf(_prices, _options.Model, answer.Usage!) ?? 0;
        long started = _time.GetTimestamp();
        await _cache.SetAsync(query, payload, new CacheEntryOptions { Cost = cost }, cancellation).ConfigureAwait(false);
        _stores.Add(_time.GetElapsedTime(started));
    }

    private LatencySamples Samples(HitKind kind)
    {
        if (!_lookups.TryGetValue(kind, out LatencySamples? samples))
            _lookups[kind] = samples = new LatencySamples();
        return samples;
    }

    private ReplayReport Report(string path, TimeSpan elapsed)
    {
        CacheStatistics statistics = _cache.GetStatistics();
        bool grouped = _groups.Any(group => group is not null);
        HitKind[] kinds = [HitKind.Exact, HitKind.Durable, HitKind.Semantic];
        long hits = kinds.Sum(kind => _counts.GetValueOrDefault(kind));
        long wrong = kinds.Sum(kind => _wrong.GetValueOrDefault(kind));
        long prompts = _groups.Count;
        float threshold = _options.SimilarityThreshold ?? _cache.SimilarityThreshold;
        return new ReplayReport
        {
            File = path,
            Embedder = _options.ExactOnly ? "none" : _embedder,
            SimilarityThreshold = float.IsNaN(threshold) ? null : threshold,
            Store = _store,
            Model = _options.Model,
            Prompts = prompts,
            Refused = _refused,
            Hits = hits,
            HitRate = Share(hits, prompts),
            Outcomes =
            [
                .. kinds.Select(kind => new ReplayOutcome(kind.ToString().ToLowerInvariant(), _counts.GetValueOrDefault(kind),
                    Share(_counts.GetValueOrDefault(kind), prompts), grouped ? _wrong.GetValueOrDefault(kind) : null)),
                new ReplayOutcome("miss", _counts.GetValueOrDefault(HitKind.None), Share(_counts.GetValueOrDefault(HitKind.None), prompts), Wrong: null),
            ],
            WrongHits = grouped ? wrong : null,
            WrongShareOfHits = grouped ? Share(wrong, hits) : null,
            Stages =
            [
                ReplayStage.Of("lookup, exact hit", Samples(HitKind.Exact)),
                ReplayStage.Of("lookup, durable hit", Samples(HitKind.Durable)),
                ReplayStage.Of("lookup, semantic hit", Samples(HitKind.Semantic)),
                ReplayStage.Of("lookup, miss", Samples(HitKind.None)),
                ReplayStage.Of("of these, read of the store", _durableReads),
                ReplayStage.Of("of these, embedding", _embed),
                ReplayStage.Of("of these, index and guards", _rest),
                ReplayStage.Of("keeping an answer", _stores),
                ReplayStage.Of("model (virtual)", _model),
            ],
            EmbeddingsComputed = statistics.EmbeddingsComputed,
            EmbeddingsSaved = statistics.EmbeddingsSaved,
            GuardRefusals = statistics.GuardRefusals,
            Currency = _prices.Currency,
            Spent = statistics.Spent,
            Saved = statistics.Saved,
            ModelSeconds = _virtual.Elapsed.TotalSeconds,
            ModelSecondsSaved = _modelSaved.TotalSeconds,
            ElapsedSeconds = elapsed.TotalSeconds,
        };
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
