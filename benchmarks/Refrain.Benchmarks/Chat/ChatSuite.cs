using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>Chats: an exact hit through the middleware beside the framework's own cache, what an identity costs, streams that many share, scopes that never mix.</summary>
internal sealed class ChatSuite : ISuite
{
    private const int MessageLength = 800;
    private const int AnswerLength = 2048;
    private const string Framework = "UseDistributedCache";

    public string Name => "chat";

    public string Summary => "An exact hit through the middleware beside UseDistributedCache, identities, shared streams, randomised requests.";

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        await using var store = new MemoryStore();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);

        // The first case would pay for compiling what all of them run.
        await HitAsync(run: null, cache, 2, cancellation);
        foreach (int count in new[] { 1, 10, 100 })
        {
            await HitAsync(run, cache, count, cancellation);
            await IdentityAsync(run, count, cancellation);
        }

        await StreamsAsync(run, cache, cancellation);
        return await IsolationAsync(run, cancellation);
    }

    private static async Task HitAsync(SuiteRun? run, SemanticCache cache, int count, CancellationToken cancellation)
    {
        run?.Say($"exact hit, {count} messages");
        List<ChatMessage> messages = Conversation(count);
        var options = new ChatOptions { Temperature = 0, ModelId = "model" };
        string answer = new('a', AnswerLength);
        var distributed = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient ours = new ChatClientBuilder(new FixedProvider(answer)).UseRefrain(cache).Build();
        using IChatClient theirs = new ChatClientBuilder(new FixedProvider(answer)).UseDistributedCache(distributed).Build();
        Action<int>[] contenders = [.. new[] { ours, theirs }.Select(client => (Action<int>)(operations =>
        {
            for (int i = 0; i < operations; i++)
            {
                // Both caches are in process: the task is complete when it is handed over.
                ChatResponse response = client.GetResponseAsync(messages, options, cancellation).GetAwaiter().GetResult();
                if (response.Text.Length != AnswerLength) throw new InvalidOperationException("A hit lost its answer.");
            }
        }))];
        await ours.GetResponseAsync(messages, options, cancellation);
        await theirs.GetResponseAsync(messages, options, cancellation);
        await WarmUpAsync(contenders, cancellation);
        if (run is null) return;

        double[] times = Interleaved.MedianNanoseconds(run.Quick ? 15 : 51, Math.Max(50, 4000 / count), contenders);
        string name = $"exact hit, {AnswerLength} B answer, {count} × {MessageLength} characters";
        run.Add(name, "time", times[0], "ns", Framework, times[1] / times[0]);
        double[] bytes = [.. contenders.Select(contender => AllocatedBytes(contender, 500))];
        run.Add(name, "allocated", bytes[0], "B", Framework, bytes[1] / bytes[0]);
    }

    private static async Task IdentityAsync(SuiteRun run, int count, CancellationToken cancellation)
    {
        run.Say($"identity, {count} messages");
        List<ChatMessage> messages = Conversation(count);
        var options = new ChatOptions { Temperature = 0, ModelId = "model" };
        var rules = new RefrainChatOptions();
        byte[] provider = "provider"u8.ToArray();
        byte[] scratch = new byte[messages.Sum(message => message.Text.Length)];
        Action<int> identity = operations =>
        {
            for (int i = 0; i < operations; i++)
            {
                using ChatIdentity made = ChatIdentity.Of(provider, messages, options, rules);
                if (made.Scope.IsEmpty) throw new InvalidOperationException("An identity is empty.");
            }
        };
        UInt128 sum = 0;
        Action<int> hashing = operations =>
        {
            for (int i = 0; i < operations; i++)
            {
                int size = 0;
                foreach (ChatMessage message in messages) size += Encoding.UTF8.GetBytes(((TextContent)message.Contents[0]).Text, scratch.AsSpan(size));
                sum ^= XxHash128.HashToUInt128(scratch.AsSpan(0, size));
            }
        };
        await WarmUpAsync([identity, hashing], cancellation);
        double[] times = Interleaved.MedianNanoseconds(run.Quick ? 15 : 51, Math.Max(50, 20_000 / count), identity, hashing);
        run.Add($"identity, {count} × {MessageLength} characters", "time", times[0], "ns", "transcode + XxHash128 of the same characters", times[1] / times[0]);
        run.Add($"identity, {count} × {MessageLength} characters", "allocated", AllocatedBytes(identity, 1000), "B");
        if (sum == 1) run.Say("a sum that keeps the hashing from being optimised away");
    }

    private static async Task StreamsAsync(SuiteRun run, SemanticCache cache, CancellationToken cancellation)
    {
        const int Waiters = 1000;
        run.Say($"{Waiters} identical streams at once");
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long[] firsts = new long[Waiters];
        string answer = new('s', AnswerLength);
        var provider = new FixedProvider(answer) { BeforeChunk = index => index == 0 ? go.Task : Task.Delay(2, cancellation) };
        using var client = new RefrainChatClient(provider, cache, new RefrainChatOptions { Namespace = Guid.NewGuid().ToString() });
        Task<bool>[] waiters = [.. Enumerable.Range(0, Waiters).Select(index => WatchAsync(index))];
        while (client.GetStatistics().Misses < Waiters) await Task.Delay(1, cancellation);
        await Task.Delay(100, cancellation);
        go.SetResult();
        bool[] whole = await Task.WhenAll(waiters);

        long leader = firsts.Min();
        double[] behind = [.. firsts.Select(first => Stopwatch.GetElapsedTime(leader, first).TotalMicroseconds)];
        run.Add($"{Waiters} identical streams", "upstream calls", provider.Calls, "calls");
        run.Add($"{Waiters} identical streams", "whole answers", whole.Count(equal => equal), "streams");
        run.Add($"{Waiters} identical streams", "first chunk behind the first reader's, p50", Interleaved.Percentile(behind, 0.5), "µs");
        run.Add($"{Waiters} identical streams", "first chunk behind the first reader's, p99", Interleaved.Percentile(behind, 0.99), "µs");

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

    /// <summary>Random requests that differ in tenant, model or tools alone: an answer tells whom it was made for, and nobody else may get it.</summary>
    private static async Task<int> IsolationAsync(SuiteRun run, CancellationToken cancellation)
    {
        int count = run.Quick ? 100_000 : 1_000_000;
        run.Say($"{count:N0} randomised requests");
        const int Seed = 20260131;
        await using var store = new MemoryStore();
        int wrong = 0, hits = 0;
        AITool[] tools = [.. Enumerable.Range(0, 3).Select(index => AIFunctionFactory.Create((int x) => x, $"tool{index}"))];
        for (int half = 0; half < 2; half++)
        {
            // The second half runs after a restart, over the same store.
            await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);
            using var client = new RefrainChatClient(new TellingProvider(), cache);
            var random = new Random(Seed + half);
            for (int i = 0; i < count / 2; i++)
            {
                string tenant = $"tenant{random.Next(20)}", model = $"model{random.Next(4)}", question = $"question {random.Next(50)}";
                int tool = random.Next(4);
                var options = new ChatOptions { Temperature = 0, ModelId = model, Tools = tool == 3 ? null : [tools[tool]] };
                options.WithRefrain(new RefrainRequest { Tenant = tenant });
                options.Instructions = $"{tenant}/{tool}";
                ChatResponse response = await client.GetResponseAsync(question, options, cancellation);
                if (response.Text != TellingProvider.Tell(model, options.Instructions, question)) wrong++;
                if (RefrainOutcome.Of(response.AdditionalProperties).Kind != HitKind.None) hits++;
            }
        }

        run.Add($"randomised requests, seed {Seed}", "requests", count, "requests");
        run.Add($"randomised requests, seed {Seed}", "hits", hits, "hits");
        run.Add($"randomised requests, seed {Seed}", "answers of another tenant, model or tool", wrong, "answers");
        return wrong == 0 ? 0 : 1;
    }

    private static List<ChatMessage> Conversation(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new ChatMessage((count - index) % 2 == 1 ? ChatRole.User : ChatRole.Assistant, $"{index} ".PadRight(MessageLength, 'x')))];

    /// <summary>Tiered compilation works in the background, and in steps.</summary>
    private static async Task WarmUpAsync(Action<int>[] contenders, CancellationToken cancellation)
    {
        for (int i = 0; i < 15; i++)
        {
            foreach (Action<int> contender in contenders) contender(200);
            await Task.Delay(100, cancellation);
        }
    }

    private static double AllocatedBytes(Action<int> contender, int operations)
    {
        contender(operations);
        long before = GC.GetAllocatedBytesForCurrentThread();
        contender(operations);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)operations;
    }
}
