using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>An exact hit through the middleware beside the framework's own cache, and what an identity costs.</summary>
internal static class ChatHits
{
    public const int AnswerLength = 2048;
    private const int MessageLength = 800;
    private const string Framework = "UseDistributedCache";

    public static async Task RunAsync(SuiteRun run, CancellationToken cancellation)
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
    }

    /// <summary>A conversation of so many messages, the user's last.</summary>
    public static List<ChatMessage> Conversation(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new ChatMessage((count - index) % 2 == 1 ? ChatRole.User : ChatRole.Assistant, $"{index} ".PadRight(MessageLength, 'x')))];

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

    /// <summary>Tiered compilation works in the background, and in steps: until no contender has become faster for three seconds.</summary>
    private static async Task WarmUpAsync(Action<int>[] contenders, CancellationToken cancellation)
    {
        const int Calls = 200;
        const int RoundsMax = 200;
        var best = new TimeSpan[contenders.Length];
        Array.Fill(best, TimeSpan.MaxValue);
        for (int round = 0, settled = 0; round < RoundsMax && settled < 30; round++, settled++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                contenders[i](Calls);
                TimeSpan took = Stopwatch.GetElapsedTime(started);
                if (took.Ticks < best[i].Ticks * 0.9) settled = 0;
                if (took < best[i]) best[i] = took;
            }

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
