using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace Refrain.Chat.Tests;

public sealed class MiddlewareOrderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_works_with_function_invocation_in_either_order(bool cacheOutside)
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        int invoked = 0;
        AIFunction tool = AIFunctionFactory.Create(() => $"{++invoked} degrees", "temperature");
        var provider = new ScriptedProvider { Answer = static (call, _) => call % 2 == 1 ? Calling() : ScriptedProvider.Words("It is cold.") };
        var builder = new ChatClientBuilder(provider);
        builder = cacheOutside ? builder.UseRefrain(cache).UseFunctionInvocation() : builder.UseFunctionInvocation().UseRefrain(cache);
        using IChatClient client = builder.Build();
        var options = new ChatOptions { Temperature = 0, Tools = [tool] };

        string[] texts = new string[2];
        for (int i = 0; i < 2; i++) texts[i] = (await client.GetResponseAsync("How cold is it?", options, Cancellation)).Messages[^1].Text;

        Assert.Equal(["It is cold.", "It is cold."], texts);

        // Outside, the answer holds a tool call and is not stored by default. Inside, the call is not stored either, and the tool says something else the second time.
        Assert.Equal((4, 2), (provider.Calls, invoked));

        static IEnumerable<ChatResponseUpdate> Calling()
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent(Guid.NewGuid().ToString(), "temperature")]) { MessageId = "c" };
            yield return new ChatResponseUpdate { MessageId = "c", FinishReason = ChatFinishReason.ToolCalls };
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_works_with_telemetry_in_either_order(bool cacheOutside)
    {
        string source = Guid.NewGuid().ToString();
        int spans = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ => Interlocked.Increment(ref spans),
        };
        ActivitySource.AddActivityListener(listener);
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        var builder = new ChatClientBuilder(provider);
        builder = cacheOutside
            ? builder.UseRefrain(cache).UseOpenTelemetry(sourceName: source, configure: client => client.EnableSensitiveData = true)
            : builder.UseOpenTelemetry(sourceName: source, configure: client => client.EnableSensitiveData = true).UseRefrain(cache);
        using IChatClient client = builder.Build();

        await AskInBothModesAsync(client);

        Assert.Equal(1, provider.Calls);
        Assert.Equal(cacheOutside ? 1 : 3, spans);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_works_with_logging_in_either_order(bool cacheOutside)
    {
        var collector = new FakeLogCollector();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(collector)));
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        var builder = new ChatClientBuilder(provider);
        builder = cacheOutside ? builder.UseRefrain(cache).UseLogging(loggers) : builder.UseLogging(loggers).UseRefrain(cache);
        using IChatClient client = builder.Build();

        await AskInBothModesAsync(client);

        Assert.Equal(1, provider.Calls);
        Assert.NotEmpty(collector.GetSnapshot());
    }

    // Goal: the framework's own failover composes with the cache and with the router, above and below.
    [Theory]
    [InlineData("above the cache")]
    [InlineData("below the cache")]
    [InlineData("below a route")]
    [InlineData("above the router")]
    public async Task It_works_with_the_frameworks_failover_client(string place)
    {
#pragma warning disable MEAI001 // The framework calls it experimental; that it goes on working here is what this test is for.
        await using SemanticCache cache = await Chats.OpenAsync();
        var dead = new ScriptedProvider("dead") { Before = static (_, _) => throw new HttpRequestException("down") };
        var well = new ScriptedProvider("well");
        IChatClient client = place switch
        {
            "above the cache" => new OrderedFailoverChatClient([dead, new RefrainChatClient(well, cache)]),
            "below the cache" => new RefrainChatClient(new OrderedFailoverChatClient([dead, well]), cache),
            "below a route" => new RefrainChatClient(new ChatRouter([new ChatRoute("both", new OrderedFailoverChatClient([dead, well]))]), cache),
            _ => new RefrainChatClient(new OrderedFailoverChatClient([new ChatRouter([new ChatRoute("dead", dead)]), new ChatRouter([new ChatRoute("well", well)])]), cache),
        };
#pragma warning restore MEAI001
        using (client) await AskInBothModesAsync(client);
        Assert.Equal(1, well.Calls);
    }

    [Fact]
    public async Task What_it_writes_on_answers_can_be_written_as_JSON_by_another_cache_above()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        var above = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient client = new ChatClientBuilder(provider).UseDistributedCache(above).UseRefrain(cache).Build();

        string[] texts = new string[2];
        for (int i = 0; i < 2; i++) texts[i] = (await client.GetResponseAsync("q", Chats.With(new RefrainRequest { Tags = ["t"] }), Cancellation)).Text;

        Assert.Equal(texts[0], texts[1]);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task Services_hold_caches_by_name_that_never_share_an_answer()
    {
        var provider = new ScriptedProvider();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRefrain();
        services.AddRefrain("drafts");
        services.AddChatClient(provider).UseRefrain();
        services.AddKeyedChatClient("drafts", provider).UseRefrain("drafts", options => options.Tenant = "editors");
        await using ServiceProvider built = services.BuildServiceProvider();
        IChatClient plain = built.GetRequiredService<IChatClient>();
        IChatClient drafts = built.GetRequiredKeyedService<IChatClient>("drafts");

        HitKind[] kinds = new HitKind[4];
        for (int i = 0; i < 4; i++) kinds[i] = (await (i % 2 == 0 ? plain : drafts).GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Kind;

        Assert.Equal([HitKind.None, HitKind.None, HitKind.Exact, HitKind.Exact], kinds);
        Assert.NotSame(plain.GetService<SemanticCache>(), drafts.GetService<SemanticCache>());
    }

    [Fact]
    public void Services_without_a_cache_say_what_is_missing()
    {
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        InvalidOperationException missing = Assert.Throws<InvalidOperationException>(() => new ChatClientBuilder(new ScriptedProvider()).UseRefrain().Build(services));
        Assert.Contains("AddRefrain", missing.Message);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_opened_lets_every_request_through_and_is_tried_again()
    {
        var provider = new ScriptedProvider();
        int tries = 0;
        await using SemanticCache cache = await Chats.OpenAsync();
        using var client = new RefrainChatClient(provider, _ => ++tries < 3 ? throw new IOException("disk") : new ValueTask<SemanticCache>(cache));

        var reasons = new List<string?>();
        for (int i = 0; i < 4; i++) reasons.Add((await client.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Reason);

        Assert.Equal(["no-cache", "no-cache", null, null], reasons);
        Assert.Equal(3, provider.Calls);
    }

    private static async Task AskInBothModesAsync(IChatClient client)
    {
        ChatOptions options = Chats.With(new RefrainRequest { Tags = ["t"] });
        ChatResponse first = await client.GetResponseAsync("What is AI?", options, Cancellation);
        List<ChatResponseUpdate> second = await client.GetStreamingResponseAsync("What is AI?", options, Cancellation).CollectAsync();
        ChatResponse third = await client.GetResponseAsync("What is AI?", options, Cancellation);
        Assert.Equal((first.Text, first.Text), (Chats.TextOf(second), third.Text));
        Assert.Equal((HitKind.Exact, HitKind.Exact), (second[0].Outcome().Kind, third.Outcome().Kind));
    }
}
