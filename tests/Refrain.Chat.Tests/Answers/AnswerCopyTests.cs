using System.Collections;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class AnswerCopyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<AIContent> Contents =>
    [
        new TextContent("words"),
        new TextReasoningContent("thoughts") { ProtectedData = "sealed" },
        new FunctionCallContent("call-1", "tool", new Dictionary<string, object?> { ["x"] = 1 }) { Exception = new FormatException("bad"), InformationalOnly = true },
        new FunctionResultContent("call-1", "done") { Exception = new FormatException("bad") },
        new DataContent(new byte[] { 1, 2, 3 }, "image/png") { Name = "picture" },
        new UriContent(new Uri("https://example.test/a"), "text/html"),
        new ErrorContent("broken") { ErrorCode = "e1", Details = "more" },
        new UsageContent(Usage()),
    ];

    // Goal: a property that the framework adds is not lost. Method: every readable property is compared, and every settable one is set before.
    [Theory]
    [MemberData(nameof(Contents), DisableDiscoveryEnumeration = true)]
    public void Every_property_of_a_content_is_copied(AIContent content)
    {
        content.RawRepresentation = new object();
        content.AdditionalProperties = new() { ["a"] = 1 };
        content.Annotations =
        [
            new CitationAnnotation
            {
                Title = "t", Url = new Uri("https://example.test"), FileId = "f", ToolName = "n", Snippet = "s", RawRepresentation = new object(),
                AdditionalProperties = new() { ["b"] = 2 }, AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = 1, EndIndex = 2 }],
            },
        ];
        var update = new ChatResponseUpdate(ChatRole.Assistant, [content]);
        AIContent copy = Assert.Single(AnswerCopy.Of(update).Contents);
        Assert.NotSame(content, copy);
        AssertEqual(content, copy);
    }

    [Fact]
    public void Every_property_of_a_response_is_copied()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "words") { AuthorName = "a", MessageId = "m", CreatedAt = DateTimeOffset.UnixEpoch, RawRepresentation = new object(), AdditionalProperties = new() { ["p"] = 1 } })
        {
            ResponseId = "r",
            ConversationId = "c",
            ModelId = "model",
            CreatedAt = DateTimeOffset.UnixEpoch,
            FinishReason = ChatFinishReason.Stop,
            Usage = Usage(),
            RawRepresentation = new object(),
            AdditionalProperties = new() { ["q"] = 2 },
        };
        AssertEqual(response, AnswerCopy.Of(response));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_caller_who_changes_a_hit_changes_nobody_elses(bool storedAsStream, bool readAsStream)
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();
        if (storedAsStream) await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        else await client.GetResponseAsync("q", Chats.Cold, Cancellation);

        // The first reads its bytes, the second remembers them, the others get what is remembered.
        for (int i = 0; i < 6; i++)
        {
            ChatResponse hit = readAsStream
                ? (await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync()).ToChatResponse()
                : await client.GetResponseAsync("q", Chats.Cold, Cancellation);
            Assert.Equal("answer 1 to q", hit.Text);
            Assert.Equal((10L, 14L), (hit.Usage!.InputTokenCount, hit.Usage.TotalTokenCount));
            Assert.NotEqual(true, hit.Messages[0].AdditionalProperties?.ContainsKey("mine"));
            Assert.NotEqual(true, hit.AdditionalProperties?.ContainsKey("mine"));
            if (!readAsStream) Assert.Equal(HitKind.Exact, hit.Outcome().Kind);

            foreach (AIContent content in hit.Messages[0].Contents)
            {
                if (content is TextContent text) text.Text = "mine";
                if (content is UsageContent usage) usage.Details.InputTokenCount = -1;
                (content.AdditionalProperties ??= [])["mine"] = true;
            }

            hit.Usage.InputTokenCount = -1;
            (hit.AdditionalProperties ??= [])["mine"] = true;
            (hit.Messages[0].AdditionalProperties ??= [])["mine"] = true;
            hit.Messages[0].Contents.Clear();
            hit.Messages.Clear();
        }
    }

    // Goal: function invocation above the cache marks the calls it has made; a second caller of the same flight must still make his.
    [Fact]
    public async Task Each_caller_of_a_shared_flight_has_tool_calls_of_its_own()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider
        {
            Before = (_, _) => gate.Task,
            Answer = static (_, _) => [new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("c", "tool", new Dictionary<string, object?> { ["x"] = 1 })]) { FinishReason = ChatFinishReason.ToolCalls }],
        };
        using var client = new RefrainChatClient(provider, cache);
        Task<ChatResponse>[] callers = [.. Enumerable.Range(0, 3).Select(_ => client.GetResponseAsync("q", Chats.Cold, Cancellation))];
        await Chats.UntilAsync(() => client.GetStatistics().Misses == 3);
        gate.SetResult();
        foreach (ChatResponse response in await Task.WhenAll(callers))
        {
            var call = Assert.IsType<FunctionCallContent>(Assert.Single(response.Messages[0].Contents));
            Assert.False(call.InformationalOnly);
            Assert.Equal(1, call.Arguments!["x"]);
            call.InformationalOnly = true;
            call.Arguments["x"] = 2;
        }

        Assert.Equal(1, provider.Calls);
    }

    private static UsageDetails Usage()
    {
        var usage = new UsageDetails { AdditionalCounts = new() { ["extra"] = 99 } };
        long count = 1;
        foreach (PropertyInfo property in typeof(UsageDetails).GetProperties().Where(property => property.PropertyType == typeof(long?))) property.SetValue(usage, count++);
        return usage;
    }

    private static void AssertEqual(object? expected, object? actual)
    {
        if (expected is ReadOnlyMemory<char> text) (expected, actual) = (text.ToString(), actual?.ToString());
        if (expected is ReadOnlyMemory<byte> bytes) (expected, actual) = (Convert.ToHexString(bytes.Span), actual is ReadOnlyMemory<byte> others ? Convert.ToHexString(others.Span) : null);
        if (expected is null || actual is null || expected is string or ValueType or Exception or Uri or JsonElement || expected.GetType() == typeof(object))
        {
            Assert.Equal(expected, actual);
            return;
        }

        Assert.Equal(expected.GetType(), actual.GetType());
        if (expected is IEnumerable list)
        {
            Assert.NotSame(expected, actual);
            object?[] mine = [.. list.Cast<object?>()], theirs = [.. ((IEnumerable)actual).Cast<object?>()];
            Assert.Equal(mine.Length, theirs.Length);
            for (int i = 0; i < mine.Length; i++) AssertEqual(mine[i], theirs[i]);
            return;
        }

        Assert.NotSame(expected, actual);
        foreach (PropertyInfo property in expected.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0))
            AssertEqual(property.GetValue(expected), property.GetValue(actual));
    }
}
