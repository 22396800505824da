using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway.Tests;

public sealed class WireAnswerTests
{
    private const string Question = """{"model":"m","messages":[{"role":"user","content":"q"}],"stream_options":{"include_usage":true}}""";

    [Theory]
    [InlineData("""{"id":"i","object":"chat.completion","created":1700000000,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},"cost":0.00125},"service_tier":"default","system_fingerprint":"fp"}""")]
    [InlineData("""{"id":"i","object":"chat.completion","created":1700000000,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"42","reasoning_content":"think <b> & \"so\""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""")]
    [InlineData("""{"id":"i","object":"chat.completion","created":1700000000,"model":"m-1","provider":"p","choices":[{"index":0,"message":{"role":"assistant","content":"42","reasoning":"think","reasoning_details":[{"type":"x"}]},"finish_reason":"stop","native_finish_reason":"end"}]}""")]
    [InlineData("""{"id":"i","object":"chat.completion","created":1700000000,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{ \"a\": 1.0 }"}},{"id":"d","type":"function","function":{"name":"g","arguments":"not json"}}]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("""{"id":"i","object":"chat.completion","created":1700000000,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"","refusal":"I will not."},"finish_reason":"stop"}]}""")]
    public void A_whole_answer_comes_out_as_it_went_in(string answer)
    {
        ChatResponse response = WireAnswerReader.Read(JsonElement.Parse(answer));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(answer), JsonNode.Parse(WriteWhole(response))), WriteWhole(response));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\t")]
    public void A_role_of_white_space_is_none_and_such_an_end_is_no_end(string blank)
    {
        string part = $$"""{"role":{{JsonSerializer.Serialize(blank)}},"content":"Hi"}""", end = JsonSerializer.Serialize(blank);
        ChatResponse whole = WireAnswerReader.Read(JsonElement.Parse($$"""{"id":"i","model":"m","choices":[{"index":0,"message":{{part}},"finish_reason":{{end}}}]}"""));
        Assert.Equal(ChatRole.Assistant, Assert.Single(whole.Messages).Role);
        Assert.Equal(WireAnswerReader.Unfinished, whole.FinishReason);
    }

    [Theory]
    [InlineData(
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"obfuscation":"xy"}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"lo"},"logprobs":null,"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.5}}""")]
    [InlineData(
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning":"hm"},"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"yes"},"finish_reason":"stop"}]}""")]
    [InlineData(
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]},"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":null}]}""",
        """{"id":"i","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""")]
    public void A_stream_comes_out_chunk_by_chunk_as_it_went_in(params string[] chunks)
    {
        var reader = new WireChunkReader();
        List<string> written = Events(chunks.Select(chunk => reader.Read(JsonElement.Parse(chunk))), Question);
        Assert.Equal("[DONE]", written[^1]);
        Assert.Equal(chunks.Length, written.Count - 1);
        foreach ((string went, string came) in chunks.Zip(written))
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(went), JsonNode.Parse(came)), $"{went}\n{came}");
    }

    [Fact]
    public void A_usage_that_the_caller_did_not_ask_for_is_not_sent()
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("x"), new UsageContent(new UsageDetails { InputTokenCount = 1 })]);
        List<string> written = Events([update], """{"model":"m","messages":[{"role":"user","content":"q"}]}""");
        Assert.Equal(2, written.Count);
        Assert.DoesNotContain("usage", written[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_stored_from_a_stream_can_be_told_whole_and_the_other_way_round()
    {
        var reader = new WireChunkReader();
        string[] chunks =
        [
            """{"id":"i","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]}""",
            """{"id":"i","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"Hello "}}]}""",
            """{"id":"i","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"you"}}]}""",
            """{"id":"i","created":1700000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
            """{"id":"i","created":1700000000,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""",
        ];
        ChatResponse whole = chunks.Select(chunk => reader.Read(JsonElement.Parse(chunk))).ToChatResponse();
        JsonNode written = JsonNode.Parse(WriteWhole(whole))!;
        Assert.Equal("Hello you", (string?)written["choices"]![0]!["message"]!["content"]);
        Assert.Equal("hm", (string?)written["choices"]![0]!["message"]!["reasoning_content"]);
        Assert.Equal("stop", (string?)written["choices"]![0]!["finish_reason"]);
        Assert.Equal(3, (int?)written["usage"]!["total_tokens"]);

        List<string> events = Events(whole.ToChatResponseUpdates(), Question);
        Assert.Equal("Hello you", string.Concat(events.SkipLast(1).Select(e => (string?)JsonNode.Parse(e)!["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"])));
        Assert.Equal(3, (int?)JsonNode.Parse(events[^2])!["usage"]!["total_tokens"]);
    }

    [Fact]
    public void Tool_calls_stored_from_a_stream_are_whole_in_a_whole_answer()
    {
        var reader = new WireChunkReader();
        string[] chunks =
        [
            """{"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":1,"id":"d","type":"function","function":{"name":"g","arguments":"{}"}}]}}]}""",
            """{"id":"i","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\""}}]}}]}""",
            """{"id":"i","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":": 1}"}}]},"finish_reason":"tool_calls"}]}""",
        ];
        ChatResponse whole = chunks.Select(chunk => reader.Read(JsonElement.Parse(chunk))).ToChatResponse();
        JsonNode calls = JsonNode.Parse(WriteWhole(whole))!["choices"]![0]!["message"]!["tool_calls"]!;
        Assert.Equal(["f", "g"], calls.AsArray().Select(call => (string?)call!["function"]!["name"]));
        Assert.Equal("{\"a\": 1}", (string?)calls[0]!["function"]!["arguments"]);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{\"choices\":[1]}")]
    [InlineData("{\"choices\":{}}")]
    [InlineData("{\"choices\":[{\"message\":\"x\",\"delta\":[]}]}")]
    [InlineData("{\"choices\":[{\"message\":{\"tool_calls\":[1,{\"function\":2}],\"content\":3}}],\"usage\":4}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"\\ud800\"}}]}")]
    public void An_answer_of_any_shape_is_read_or_refused_as_no_answer(string answer)
    {
        JsonElement root = JsonElement.Parse(answer);
        Exception? whole = Record.Exception(() => WriteWhole(WireAnswerReader.Read(root)));
        Exception? chunk = Record.Exception(() => Events([new WireChunkReader().Read(root)], Question));
        Assert.True(whole is null or FormatException, $"{whole}");
        Assert.True(chunk is null or FormatException, $"{chunk}");
    }

    private static string WriteWhole(ChatResponse response)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WireAnswerWriter.Write(buffer, response, WireRequest.Parse(Encoding.UTF8.GetBytes(Question)), "id", DateTimeOffset.UnixEpoch);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static List<string> Events(IEnumerable<ChatResponseUpdate> updates, string question)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new WireChunkWriter(WireRequest.Parse(Encoding.UTF8.GetBytes(question)), "id", DateTimeOffset.UnixEpoch);
        foreach (ChatResponseUpdate update in updates)
            writer.Write(buffer, update);
        writer.WriteEnd(buffer);
        return [.. Encoding.UTF8.GetString(buffer.WrittenSpan).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e["data: ".Length..])];
    }
}
