using System.Collections.Concurrent;
using System.Diagnostics;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>What a cache tells to those who trace: which tier answered and what it waited for, and never what was asked or answered.</summary>
[Collection(nameof(ListeningTests))]
public sealed class CacheTraceTests : IDisposable
{
    private const string Secret = "canary-4711";

    private readonly string _name = $"traced-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivityListener _listener;

    public CacheTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == CacheTrace.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("refrain.cache"), _name))
                    _stopped.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_miss_shows_the_lookup_and_under_it_the_store_the_embedder_and_the_factory()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder(), options: new SemanticCacheOptions { Name = _name });
        await cache.GetOrCreateAsync(Ask("What is the capital of France?"), static _ => new(new CacheAnswer(Bytes("Paris"))), Cancellation);
        Activity lookup = Single("refrain.lookup");
        Assert.Equal("miss", lookup.GetTagItem("refrain.kind"));
        Assert.All(_stopped.Where(activity => activity != lookup), activity => Assert.Equal(lookup.SpanId, activity.ParentSpanId));
        Assert.Equal(["embeddings words", "get memory", "refrain.create", "refrain.lookup"], _stopped.Select(static activity => activity.OperationName).Order(StringComparer.Ordinal));
        Assert.Equal(("memory", "get"), (Single("get memory").GetTagItem("db.system.name"), Single("get memory").GetTagItem("db.operation.name")));
        Assert.Equal(ActivityKind.Client, Single("embeddings words").Kind);
    }

    [Fact]
    public async Task A_hit_tells_its_tier_and_its_similarity()
    {
        await using SemanticCache cache = await OpenAsync(options: new SemanticCacheOptions { Name = _name });
        await cache.SetAsync(Ask("What is the capital of France?"), Bytes("Paris"), cancellationToken: Cancellation);
        await cache.GetAsync(Ask("What is the capital of France?"), Cancellation);
        Assert.Equal(("exact", 1f), (Single("refrain.lookup").GetTagItem("refrain.kind"), Single("refrain.lookup").GetTagItem("refrain.similarity")));
    }

    [Fact]
    public async Task What_fails_is_marked_by_its_kind_and_nothing_quotes_the_prompt_or_the_answer()
    {
        var store = new FaultyStore(new MemoryStore());
        await using SemanticCache cache = await OpenAsync(store, new WordEmbedder(), new SemanticCacheOptions { Name = _name });
        store.Failure = new InvalidOperationException($"cannot read {Secret}");
        await Assert.ThrowsAsync<FormatException>(() => cache.GetOrCreateAsync(Ask($"What is {Secret}?"), static _ => throw new FormatException(Secret), Cancellation).AsTask());
        await cache.GetOrCreateAsync(Ask($"Who is {Secret}?"), static _ => new(new CacheAnswer(Bytes(Secret))), Cancellation);
        Assert.Equal(typeof(FormatException).FullName, _stopped.First(static activity => activity.OperationName == "refrain.create").GetTagItem("error.type"));
        Assert.Contains(_stopped, static activity => activity.OperationName == "get faulty" && activity.Status == ActivityStatusCode.Error);
        Assert.DoesNotContain(Secret, string.Join(' ', _stopped.Select(Everything)));
    }

    private static string Everything(Activity activity) =>
        string.Join(' ', activity.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Append(activity.OperationName).Append(activity.DisplayName).Append(activity.StatusDescription));

    private Activity Single(string name) => Assert.Single(_stopped, activity => activity.OperationName == name);
}
