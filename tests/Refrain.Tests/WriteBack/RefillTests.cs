using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Several processes over one store that is emptied, or that tells of what others did: in the end all hold the youngest answer, whoever comes first.</summary>
public sealed class RefillTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly MemoryStore _memory;

    public RefillTests() => _memory = new MemoryStore(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_emptied_store_gets_back_what_the_table_holds()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        await SetAsync(cache, "the only one");
        await EmptyAsync();
        store.Tell(StoreChangeKind.Emptied);
        await UntilStoredAsync("the only one");
        await cache.DisposeAsync();
    }

    // Goal: another process came first and gave back something older. Method: the store holds that by the time the refill looks.
    [Fact]
    public async Task An_older_answer_that_another_process_gave_back_is_replaced_by_the_younger_one_in_the_table()
    {
        (SemanticCache other, _) = await OpenAsync();
        await SetAsync(other, "older");
        StoredEntry older = await StoredAsync();
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await SetAsync(cache, "younger");
        await _memory.SetAsync([older], Cancellation);

        store.Tell(StoreChangeKind.Emptied);

        await UntilStoredAsync("younger");
        Assert.Equal("younger", await AnswerAsync(cache));
        await cache.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_younger_answer_that_another_process_gave_back_takes_the_place_of_the_older_one_in_the_table()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        await SetAsync(cache, "older");
        (SemanticCache other, _) = await OpenAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await SetAsync(other, "younger");
        Assert.Equal("older", await AnswerAsync(cache));

        store.Tell(StoreChangeKind.Emptied);

        await UntilAsync(async () => await AnswerAsync(cache) == "younger");
        Assert.Equal("younger", await StoredAnswerAsync());
        await cache.DisposeAsync();
        await other.DisposeAsync();
    }

    // Goal: two answers of one microsecond, which no store can order, do not stay different for ever. Method: time stands still.
    [Theory]
    [InlineData(StoreChangeKind.Emptied)]
    [InlineData(StoreChangeKind.Stored)]
    public async Task Of_two_answers_of_one_moment_every_process_takes_the_stores(StoreChangeKind told)
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        await SetAsync(cache, "one");
        (SemanticCache other, _) = await OpenAsync();
        await SetAsync(other, "another");
        Assert.Equal("one", await AnswerAsync(cache));

        store.Tell(told, await StoredAsync());

        await UntilAsync(async () => await AnswerAsync(cache) == "another");
        Assert.Equal("another", await StoredAnswerAsync());
        await cache.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task What_is_told_late_does_not_replace_a_younger_answer()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        await SetAsync(cache, "older");
        StoredEntry older = await StoredAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await SetAsync(cache, "younger");
        store.Tell(StoreChangeKind.Stored, older);
        StoredEntry sign = await SignAsync(cache);
        store.Tell(StoreChangeKind.Removed, sign);
        await UntilAsync(async () => !(await cache.GetAsync(AskExactly("sign"), Cancellation)).IsHit);
        Assert.Equal("younger", await AnswerAsync(cache));
        await cache.DisposeAsync();
    }

    // Goal: a store that stops answering half-way through a refill gets the rest when it is back. Method: it fails from the start of the refill until its breaker is open.
    [Fact]
    public async Task A_refill_during_which_the_store_fails_goes_on_when_it_is_back()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        for (int i = 0; i < 20; i++)
            await cache.SetAsync(AskExactly($"question {i}"), Bytes($"answer {i}"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        await EmptyAsync();
        store.Failure = new IOException("away");
        long failures = cache.GetStatistics().DurableFailures;

        store.Tell(StoreChangeKind.Emptied);

        await UntilAsync(() => ValueTask.FromResult(cache.GetStatistics().DurableFailures >= failures + 4));
        store.Failure = null;
        await UntilAsync(async () => (await _memory.GetStatisticsAsync(Cancellation)).EntryCount == 20);
        await cache.DisposeAsync();
    }

    // Goal: a store that has just come back is not buried under what all processes hold. Method: time stands still, and so does the refill after its first page.
    [Fact]
    public async Task A_refill_gives_back_a_page_at_a_time()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        for (int i = 0; i < 600; i++)
            await cache.SetAsync(AskExactly($"question {i}"), Bytes("x"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        await EmptyAsync();

        store.Tell(StoreChangeKind.Emptied);

        int pauses = 0;
        for (int attempt = 0, count = 0; count < 600; attempt++)
        {
            Assert.True(attempt < 3_000, "Waited in vain.");
            await Task.Delay(10, Cancellation);
            count = (int)(await _memory.GetStatisticsAsync(Cancellation)).EntryCount;
            Assert.InRange(count, 0, 256 * (pauses + 1));
            if (count < 256)
                continue;
            pauses++;
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await cache.DisposeAsync();
    }

    [Fact]
    public async Task What_was_outdated_meanwhile_is_not_given_back()
    {
        (SemanticCache cache, SharedStore store) = await OpenAsync();
        await cache.SetAsync(AskExactly("outdated"), Bytes("x"), new CacheEntryOptions { Tags = ["t"] }, Cancellation);
        await SetAsync(cache, "kept");
        await cache.InvalidateTagAsync("tenant", "t", Cancellation);
        await cache.FlushAsync(Cancellation);
        await EmptyAsync();
        store.Tell(StoreChangeKind.Emptied);
        await UntilStoredAsync("kept");
        await cache.FlushAsync(Cancellation);
        Assert.Equal(1, (await _memory.GetStatisticsAsync(Cancellation)).EntryCount);
        await cache.DisposeAsync();
    }

    /// <summary>A process of its own: a cache with a table of its own over the one memory.</summary>
    private async Task<(SemanticCache Cache, SharedStore Store)> OpenAsync()
    {
        var store = new SharedStore(_memory);
        return (await Caches.OpenAsync(store, services: new SemanticCacheServices { TimeProvider = _time }), store);
    }

    private static async Task SetAsync(SemanticCache cache, string answer)
    {
        await cache.SetAsync(AskExactly("q"), Bytes(answer), null, Cancellation);
        await cache.FlushAsync(Cancellation);
    }

    /// <summary>What this cache answers, without any word from the store about it.</summary>
    private static async ValueTask<string> AnswerAsync(SemanticCache cache) => (await cache.GetAsync(AskExactly("q"), Cancellation)).GetString();

    private async Task<StoredEntry> StoredAsync() => Assert.Single(await _memory.EnumerateAsync(Cancellation).ToListAsync(Cancellation));

    private async Task<StoredEntry> SignAsync(SemanticCache cache)
    {
        HashSet<CacheKey> before = [.. await _memory.EnumerateAsync(Cancellation).Select(static entry => entry.Key).ToListAsync(Cancellation)];
        await cache.SetAsync(AskExactly("sign"), Bytes("sign"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        StoredEntry sign = await _memory.EnumerateAsync(Cancellation).FirstAsync(entry => !before.Contains(entry.Key), Cancellation);
        await _memory.RemoveAsync([sign.Key], Cancellation);
        return sign;
    }

    private async Task EmptyAsync() =>
        await _memory.RemoveAsync([.. await _memory.EnumerateAsync(Cancellation).Select(static entry => entry.Key).ToListAsync(Cancellation)], Cancellation);

    private Task UntilStoredAsync(string answer) => UntilAsync(async () => await StoredAnswerAsync() == answer);

    /// <summary>What a process that has just started would answer.</summary>
    private async ValueTask<string?> StoredAnswerAsync()
    {
        (SemanticCache newcomer, _) = await OpenAsync();
        CacheResult result = await newcomer.GetAsync(AskExactly("q"), Cancellation);
        await newcomer.DisposeAsync();
        return result.IsHit ? result.GetString() : null;
    }

    private async Task UntilAsync(Func<ValueTask<bool>> isSo)
    {
        for (int attempt = 0; !await isSo(); attempt++)
        {
            Assert.True(attempt < 3_000, "Waited in vain.");
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(10, Cancellation);
        }
    }
}
