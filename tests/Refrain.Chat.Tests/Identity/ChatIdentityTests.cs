using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class ChatIdentityTests
{
    /// <summary>Each changes one thing that may change an answer.</summary>
    private static readonly Dictionary<string, Action<List<ChatMessage>, ChatOptions>> Changes = new(StringComparer.Ordinal)
    {
        ["text"] = (messages, _) => messages[^1] = new ChatMessage(ChatRole.User, "And in winter now?"),
        ["system text"] = (messages, _) => messages[0] = new ChatMessage(ChatRole.System, "You are a lawyer."),
        ["system text is not given"] = (messages, _) => messages.RemoveAt(0),
        ["role"] = (messages, _) => messages[0].Role = new ChatRole("developer"),
        ["role of history"] = (messages, _) => messages[2].Role = ChatRole.User,
        ["author"] = (messages, _) => messages[1].AuthorName = "Ann",
        ["history text"] = (messages, _) => messages[1] = new ChatMessage(ChatRole.User, "How warm is Rome?"),
        ["history order"] = (messages, _) => (messages[1], messages[2]) = (messages[2], messages[1]),
        ["one more message"] = (messages, _) => messages.Insert(3, new ChatMessage(ChatRole.Assistant, "Hm.")),
        ["message property"] = (messages, _) => messages[1].AdditionalProperties = new() { ["weight"] = 1 },
        ["a second part before the text"] = (messages, _) => messages[^1].Contents.Insert(0, new TextContent("Context: it is 1950.")),
        ["reasoning"] = (messages, _) => messages[2].Contents.Add(new TextReasoningContent("Because.")),
        ["protected reasoning"] = (messages, _) => messages[2].Contents.Add(new TextReasoningContent("") { ProtectedData = "sig" }),
        ["image"] = (messages, _) => messages[^1].Contents.Add(new DataContent(new byte[] { 1, 2, 3 }, "image/png")),
        ["address"] = (messages, _) => messages[^1].Contents.Add(new UriContent("https://a.test/1.png", "image/png")),
        ["file"] = (messages, _) => messages[^1].Contents.Add(new HostedFileContent("file-1")),
        ["vector store"] = (messages, _) => messages[^1].Contents.Add(new HostedVectorStoreContent("vs-1")),
        ["error in history"] = (messages, _) => messages[2].Contents.Add(new ErrorContent("no")),
        ["call"] = (messages, _) => messages[2].Contents.Add(new FunctionCallContent("c", "weather", new Dictionary<string, object?> { ["city"] = "Oslo" })),
        ["result"] = (messages, _) => messages[2].Contents.Add(new FunctionResultContent("c", "cold")),
        ["annotation"] = (messages, _) => messages[2].Contents[0].Annotations = [new CitationAnnotation { Title = "t" }],
        ["content property"] = (messages, _) => messages[2].Contents[0].AdditionalProperties = new() { ["cache"] = "yes" },
        [nameof(ChatOptions.Instructions)] = (_, options) => options.Instructions = "Be brief.",
        [nameof(ChatOptions.Temperature)] = (_, options) => options.Temperature = 0.05f,
        [nameof(ChatOptions.MaxOutputTokens)] = (_, options) => options.MaxOutputTokens = 7,
        [nameof(ChatOptions.TopP)] = (_, options) => options.TopP = 0.5f,
        [nameof(ChatOptions.TopK)] = (_, options) => options.TopK = 5,
        [nameof(ChatOptions.FrequencyPenalty)] = (_, options) => options.FrequencyPenalty = 0.5f,
        [nameof(ChatOptions.PresencePenalty)] = (_, options) => options.PresencePenalty = 0.5f,
        [nameof(ChatOptions.Seed)] = (_, options) => options.Seed = 5,
        [nameof(ChatOptions.Reasoning)] = (_, options) => options.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High },
        ["Reasoning.Output"] = (_, options) => options.Reasoning = new ReasoningOptions { Output = ReasoningOutput.Full },
        [nameof(ChatOptions.ResponseFormat)] = (_, options) => options.ResponseFormat = ChatResponseFormat.Json,
        ["ResponseFormat.Text"] = (_, options) => options.ResponseFormat = ChatResponseFormat.Text,
        ["ResponseFormat.Schema"] = (_, options) => options.ResponseFormat = ChatResponseFormat.ForJsonSchema(Json("""{"type":"object"}"""), "s"),
        ["ResponseFormat.Schema, another"] = (_, options) => options.ResponseFormat = ChatResponseFormat.ForJsonSchema(Json("""{"type":"array"}"""), "s"),
        [nameof(ChatOptions.ModelId)] = (_, options) => options.ModelId = "gpt-4",
        [nameof(ChatOptions.StopSequences)] = (_, options) => options.StopSequences = ["a", "b"],
        ["StopSequences, joined"] = (_, options) => options.StopSequences = ["ab"],
        [nameof(ChatOptions.AllowMultipleToolCalls)] = (_, options) => options.AllowMultipleToolCalls = false,
        ["AllowMultipleToolCalls, true"] = (_, options) => options.AllowMultipleToolCalls = true,
        [nameof(ChatOptions.ToolMode)] = (_, options) => options.ToolMode = ChatToolMode.Auto,
        ["ToolMode, none"] = (_, options) => options.ToolMode = ChatToolMode.None,
        ["ToolMode, any"] = (_, options) => options.ToolMode = ChatToolMode.RequireAny,
        ["ToolMode, one"] = (_, options) => options.ToolMode = ChatToolMode.RequireSpecific("weather"),
        [nameof(ChatOptions.Tools)] = (_, options) => options.Tools = [Tool("weather", "Tells the weather.", """{"type":"object"}""")],
        ["Tools, name"] = (_, options) => options.Tools = [Tool("climate", "Tells the weather.", """{"type":"object"}""")],
        ["Tools, description"] = (_, options) => options.Tools = [Tool("weather", "Tells lies.", """{"type":"object"}""")],
        ["Tools, schema"] = (_, options) => options.Tools = [Tool("weather", "Tells the weather.", """{"type":"object","required":["city"]}""")],
        ["Tools, web search"] = (_, options) => options.Tools = [new HostedWebSearchTool()],
        ["Tools, file search"] = (_, options) => options.Tools = [new HostedFileSearchTool { MaximumResultCount = 3 }],
        ["Tools, code"] = (_, options) => options.Tools = [new HostedCodeInterpreterTool()],
        ["Tools, server"] = (_, options) => options.Tools = [new HostedMcpServerTool("s", "https://s.test")],
        ["Tools, server header"] = (_, options) => options.Tools = [new HostedMcpServerTool("s", "https://s.test") { Headers = new Dictionary<string, string> { ["Authorization"] = "k" } }],
        [nameof(ChatOptions.AllowBackgroundResponses)] = (_, options) => options.AllowBackgroundResponses = true,
        [nameof(ChatOptions.AdditionalProperties)] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = 1 },
        ["AdditionalProperties, value"] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = 2 },
        ["AdditionalProperties, type"] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = "2" },
        ["AdditionalProperties, null"] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = null },
        ["AdditionalProperties, JSON"] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = Json("[1,[2]]") },
        ["AdditionalProperties, JSON of another shape"] = (_, options) => options.AdditionalProperties = new() { ["logit_bias"] = Json("[[1],2]") },
    };

    public static TheoryData<string> NamesOfChanges => [.. Changes.Keys];

    [Fact]
    public void Any_change_of_one_field_changes_the_identity_and_no_two_changes_are_the_same()
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal) { [Identity(Conversation(), new ChatOptions { Temperature = 0 })] = "no change" };
        foreach ((string name, Action<List<ChatMessage>, ChatOptions> change) in Changes)
        {
            List<ChatMessage> messages = Conversation();
            var options = new ChatOptions { Temperature = 0 };
            change(messages, options);
            string identity = Identity(messages, options);
            Assert.True(seen.TryAdd(identity, name), $"\"{name}\" has the identity of \"{seen.GetValueOrDefault(identity)}\".");
        }
    }

    [Theory]
    [MemberData(nameof(NamesOfChanges))]
    public void The_same_request_made_twice_has_the_same_identity(string name)
    {
        string[] identities = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            List<ChatMessage> messages = Conversation();
            var options = new ChatOptions { Temperature = 0 };
            Changes[name](messages, options);
            return Identity(messages, options);
        })];

        Assert.Equal(identities[0], identities[1]);
    }

    // Goal: a property that a later version of the abstractions adds cannot slip past. Method: the list of those that are known.
    [Fact]
    public void Every_property_of_the_options_is_known()
    {
        string[] refused = [nameof(ChatOptions.ConversationId), nameof(ChatOptions.ContinuationToken), nameof(ChatOptions.RawRepresentationFactory)];
        IEnumerable<string> all = typeof(ChatOptions).GetProperties().Select(property => property.Name);
        Assert.Equal(all.Order(StringComparer.Ordinal), Changes.Keys.Where(name => char.IsUpper(name[0]) && !name.Contains(',') && !name.Contains('.')).Concat(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ids_timestamps_and_raw_objects_are_no_part_of_it()
    {
        string plain = Identity(Conversation(), new ChatOptions { Temperature = 0 });
        List<ChatMessage> messages = Conversation();
        foreach (ChatMessage message in messages)
        {
            message.MessageId = Guid.NewGuid().ToString();
            message.CreatedAt = DateTimeOffset.UnixEpoch;
            message.RawRepresentation = new object();
            message.Contents[0].RawRepresentation = new object();
            message.AdditionalProperties = new() { ["request_id"] = Guid.NewGuid(), ["traceparent"] = "00-1" };
        }

        var options = new ChatOptions { Temperature = 0, AdditionalProperties = new() { ["trace_id"] = "x", [RefrainProperties.Request] = new RefrainRequest { Tags = ["t"] } } };

        Assert.Equal(plain, Identity(messages, options));
    }

    [Fact]
    public void Ignored_properties_change_nothing()
    {
        string[] identities = [.. new[] { "x", "y" }.Select(id =>
        {
            List<ChatMessage> messages = Conversation();
            messages[1].AdditionalProperties = new() { ["request_id"] = id };
            return Identity(messages, new ChatOptions { Temperature = 0, AdditionalProperties = new() { ["trace_id"] = id } });
        })];

        Assert.Equal(Identity(Conversation(), new ChatOptions { Temperature = 0 }), identities[0]);
        Assert.Equal(identities[0], identities[1]);
    }

    [Fact]
    public void No_options_and_empty_options_are_the_same()
    {
        string none = Identity(Conversation(), null);
        Assert.Equal(none, Identity(Conversation(), new ChatOptions()));
        Assert.Equal(none, Identity(Conversation(), new ChatOptions { Tools = [], StopSequences = [], AdditionalProperties = [] }));
    }

    [Fact]
    public void The_order_of_names_is_no_part_of_it()
    {
        ChatOptions one = new() { AdditionalProperties = new() { ["a"] = 1, ["b"] = 2 }, Tools = [Tool("t", "d", """{"a":1,"b":{"x":1,"y":2}}""")] };
        ChatOptions other = new() { AdditionalProperties = new() { ["b"] = 2, ["a"] = 1 }, Tools = [Tool("t", "d", """{ "b": {"y":2, "x":1}, "a":1 }""")] };
        Assert.Equal(Identity(Conversation(), one), Identity(Conversation(), other));
    }

    [Fact]
    public void Ids_of_tool_calls_count_by_who_refers_to_whom()
    {
        Assert.Equal(Identity(ToolTurns("call_1", "call_2"), null), Identity(ToolTurns("call_a", "call_b"), null));
        Assert.NotEqual(Identity(ToolTurns("call_1", "call_2"), null), Identity(ToolTurns("call_2", "call_1", swapResults: true), null));
    }

    [Fact]
    public void A_tool_that_changes_its_schema_is_another_tool()
    {
        var tool = new ChangingTool { Schema = Json("""{"a":1}""") };
        string before = Identity(Conversation(), new ChatOptions { Tools = [tool] });
        tool.Schema = Json("""{"a":2}""");
        Assert.NotEqual(before, Identity(Conversation(), new ChatOptions { Tools = [tool] }));
    }

    [Fact]
    public void What_cannot_be_identified_is_refused()
    {
        var cases = new Dictionary<string, (Action<List<ChatMessage>, ChatOptions> Change, string Reason)>(StringComparer.Ordinal)
        {
            ["a foreign content"] = ((messages, _) => messages[^1].Contents.Add(new AIContent()), nameof(BypassReason.Unidentifiable)),
            ["a foreign tool"] = ((_, options) => options.Tools = [new ForeignTool()], nameof(BypassReason.Unidentifiable)),
            ["a foreign value"] = ((_, options) => options.AdditionalProperties = new() { ["x"] = new object() }, nameof(BypassReason.Unidentifiable)),
            ["malformed UTF-16"] = ((messages, _) => messages[0] = new ChatMessage(ChatRole.System, "\ud83d"), nameof(BypassReason.Unidentifiable)),
            ["a name twice"] = ((_, options) => options.AdditionalProperties = new() { ["x"] = Json("""{"a":1,"a":2}""") }, nameof(BypassReason.Unidentifiable)),
            ["too deep"] = ((_, options) => options.AdditionalProperties = new() { ["x"] = Json(new string('[', 40) + new string(']', 40)) }, nameof(BypassReason.Unidentifiable)),
            ["state at the provider"] = ((_, options) => options.ConversationId = "c", nameof(BypassReason.ServerState)),
            ["a raw factory"] = ((_, options) => options.RawRepresentationFactory = _ => new object(), nameof(BypassReason.RawRepresentation)),
            ["no text"] = ((messages, _) => messages[^1] = new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]), nameof(BypassReason.NoText)),
            ["blank text"] = ((messages, _) => messages[^1] = new ChatMessage(ChatRole.User, "  "), nameof(BypassReason.NoText)),
        };
        foreach ((string name, (Action<List<ChatMessage>, ChatOptions> change, string reason)) in cases)
        {
            List<ChatMessage> messages = Conversation();
            var options = new ChatOptions();
            change(messages, options);
            using ChatIdentity identity = ChatIdentity.Of([], messages, options, new RefrainChatOptions());
            Assert.True(identity.Refusal.ToString() == reason, $"{name}: {identity.Refusal}");
        }
    }

    [Fact]
    public void A_pooled_identity_remembers_nothing_of_the_one_before()
    {
        string expected = Identity(Conversation(), null);
        _ = Identity([new ChatMessage(ChatRole.User, new string('x', 100_000) + "\ud83d")], new ChatOptions { ConversationId = "c" });
        Assert.Equal(expected, Identity(Conversation(), null));
    }

    [Fact]
    public void Its_bytes_are_the_same_in_every_process_and_version()
    {
        using ChatIdentity identity = ChatIdentity.Of([7], [new ChatMessage(ChatRole.User, "Hi")], new ChatOptions { Temperature = 0 }, new RefrainChatOptions());
        Assert.Equal("01" + "01" + "0100000007" + "03" + "00000000" + "15" + "00" + "01000000" + "01" + "FFFFFFFF" + "01000000" + "01" + "00000000" + "0B" + "00000000" + "00", Convert.ToHexString(identity.Scope));
    }

    private static string Identity(List<ChatMessage> messages, ChatOptions? options)
    {
        using ChatIdentity identity = ChatIdentity.Of("provider"u8, messages, options, new RefrainChatOptions());
        return $"{Convert.ToHexString(identity.Scope)}|{identity.Text}|{identity.TextIsLast}";
    }

    private static List<ChatMessage> Conversation() =>
    [
        new(ChatRole.System, "You know the weather."),
        new(ChatRole.User, "How warm is Oslo?"),
        new(ChatRole.Assistant, "20 degrees."),
        new(ChatRole.User, "And in winter?"),
    ];

    private static List<ChatMessage> ToolTurns(string first, string second, bool swapResults = false)
    {
        List<ChatMessage> messages = Conversation();
        messages.Add(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(first, "a"), new FunctionCallContent(second, "b")]));
        messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(swapResults ? second : first, 1), new FunctionResultContent(swapResults ? first : second, 2)]));
        return messages;
    }

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static AIFunctionDeclaration Tool(string name, string description, string schema) => AIFunctionFactory.CreateDeclaration(name, description, Json(schema));

    private sealed class ForeignTool : AITool;

    private sealed class ChangingTool : AIFunctionDeclaration
    {
        public required JsonElement Schema { get; set; }

        public override string Name => "changing";

        public override JsonElement JsonSchema => Schema;
    }
}
