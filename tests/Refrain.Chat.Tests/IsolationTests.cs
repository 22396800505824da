using Refrain.Benchmarks;
using Refrain.Embeddings;

namespace Refrain.Chat.Tests;

public sealed class IsolationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: no answer reaches another tenant, model, tool, prompt or history, nor after a restart. Method: each answer tells whom it was made for.
    [Fact]
    public async Task No_answer_of_a_hundred_thousand_random_requests_was_made_for_another()
    {
        await using var store = new MemoryStore();
        using var embedder = new LexicalEmbeddingGenerator();
        var requests = new MixedRequests(seed: 20260131, questions: 5);
        for (int start = 0; start < 2; start++) await requests.RunAsync(store, embedder, 50_000, Cancellation);
        Assert.Equal(0, requests.Wrong);
        Assert.All(requests.Answers, pair => Assert.True(pair.Value > 100, $"{pair.Key}: {pair.Value}"));
    }
}
