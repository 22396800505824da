using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>A thousand callers who ask for the same stream at once.</summary>
internal static class ChatStreams
{
    private const int Waiters = 1000;
    private const int AnswerLength = 2048;

    /// <summary>The first rounds pay for compiling; of the others the median counts.</summary>
    public static async Task RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        run.Say($"{Waiters} identical streams at once");
        await using var store = new MemoryStore();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);
        int rounds = run.Quick ? 5 : 11;
        double[] medians = new double[rounds], tails = new double[rounds];
        int calls = 0, whole = 0;
        for (int round = -3; round < rounds; round++)
        {
            (double[] behind, int roundCalls, int roundWhole) = await RoundAsync(cache, cancellation);
            if (round < 0) continue;
            medians[round] = Interleaved.Percentile(behind, 0.5);
            tails[round] = Interleaved.Percentile(behind, 0.99);
            calls = Math.Max(calls, roundCalls);
            whole += roundWhole;
        }

        string name = $"{Waiters} identical streams, {rounds} rounds";
        run.Add(name, "upstream calls a round, most", calls, "calls");
        run.Add(name, "answers equal to the provider's, byte for byte", (double)whole / rounds, "streams a round");
        run.Add(name, "first chunk behind the first reader's, p50", Interleaved.Percentile(medians, 0.5), "µs");
        run.Add(name, "first chunk behind the first reader's, p99", Interleaved.Percentile(tails, 0.5), "µs");
        run.Add(name, "first chunk behind the first reader's, p99 of the worst round", tails.Max(), "µs");
    }

    private static async Task<(double[] Behind, int Calls, int Whole)> RoundAsync(SemanticCache cache, CancellationToken cancellation)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long[] firsts = new long[Waiters];
        string answer = new('s', AnswerLength);
        var provider = new FixedProvider(answer) { BeforeChunk = index => index == 0 ? go.Task : Task.Delay(2, cancellation) };
        using var client = new RefrainChatClient(provider, cache, new RefrainChatOptions { Namespace = Guid.NewGuid().ToString() });
        Task<bool>[] waiters = [.. Enumerable.Range(0, Waiters).Select(WatchAsync)];
        while (client.GetStatistics().Misses < Waiters) await Task.Delay(1, cancellation);
        await Task.Delay(100, cancellation);
        go.SetResult();
        bool[] whole = await Task.WhenAll(waiters);
        long leader = firsts.Min();
        return ([.. firsts.Select(first => Stopwatch.GetElapsedTime(leader, first).TotalMicroseconds)], provider.Calls, whole.Count(equal => equal));

        async Task<bool> WatchAsync(int index)
        {
            await Task.Yield();
            var text = new StringBuilder();
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("q", new ChatOptions { Temperature = 0 }, cancellation))
            {
                if (firsts[index] == 0) firsts[index] = Stopwatch.GetTimestamp();
                text.Append(update.Text);
            }

            return text.Equals(answer);
        }
    }
}
