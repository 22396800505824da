using System.Text.Json.Nodes;

namespace Refrain.Gateway.Tests;

/// <summary>What an upstream says comes back, known to anybody here or not: from the upstream, and from memory.</summary>
public sealed class FidelityTests
{
    private const string Whole = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","service_tier":"default","provider":{"name":"p"},
         "choices":[{"index":0,"logprobs":null,"native_finish_reason":"end_turn","finish_reason":"stop",
           "message":{"role":"assistant","content":"Paris — naïve 😀","reasoning_content":"Capital? \"Paris\".","refusal":null,"annotations":[{"type":"url_citation","n":1.50}]}}],
         "usage":{"prompt_tokens":8,"completion_tokens":12,"total_tokens":20,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":7},"cost":0.00012}}
        """;

    private static readonly string[] Chunks =
    [
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}""",
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"reasoning_content":"Capital?"},"logprobs":null,"finish_reason":null}]}""",
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":"Pa"},"logprobs":null,"finish_reason":null}],"obfuscation":"x"}""",
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":"ris"},"logprobs":null,"finish_reason":null}]}""",
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""",
        """{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m-2024","system_fingerprint":"fp_1","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"cost":0.5}}""",
    ];

    [Fact]
    public async Task A_whole_answer_is_the_upstreams_on_a_miss_and_on_a_hit()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        GatewayAnswer miss = await gateway.AskAsync(RunningGateway.Question("Capital of France?", "m"));
        GatewayAnswer hit = await gateway.AskAsync(RunningGateway.Question("Capital of France?", "m"));
        Assert.Equal(("miss", "exact"), (miss.Cache, hit.Cache));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Whole), miss.Json), miss.Body);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Whole), hit.Json), hit.Body);
        Assert.Single(upstream.Calls);
    }

    [Fact]
    public async Task A_stream_is_the_upstreams_chunk_by_chunk_on_a_miss_and_on_a_hit()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole, Chunks);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        string body = RunningGateway.Question("Capital of France?", "m", "\"temperature\":0,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        foreach (string expected in (string[])["miss", "exact"])
        {
            GatewayAnswer answer = await gateway.AskAsync(body);
            Assert.Equal(expected, answer.Cache);
            Assert.Equal(Chunks.Length, answer.Chunks.Length);
            foreach ((string sent, JsonNode received) in Chunks.Zip(answer.Chunks))
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(sent), received), $"{expected}: {sent}\n{received.ToJsonString()}");
            Assert.Equal("[DONE]", answer.Events[^1]);
        }
        Assert.Single(upstream.Calls);
    }

    [Fact]
    public async Task What_the_caller_wrote_reaches_the_upstream_whatever_it_is()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "upstream-key"));
        const string body = """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}],"temperature":0.0,"top_k":40,"provider":{"order":["a"]},"reasoning":{"effort":"low"}}""";
        await gateway.AskAsync(body, ("Authorization", "Bearer caller-key"));
        UpstreamCall call = Assert.Single(upstream.Calls);
        Assert.Equal("/v1/chat/completions", call.Path);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(call.Body)), call.Body);
        Assert.Contains("\"temperature\":0.0,", call.Body, StringComparison.Ordinal);
        Assert.Equal("Bearer upstream-key", call.Authorization);
    }

    [Fact]
    public async Task A_callers_key_is_handed_on_where_the_upstream_has_none_of_its_own()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        await gateway.AskAsync(RunningGateway.Question("Hi", "m"), ("Authorization", "Bearer caller-key"));
        Assert.Equal("Bearer caller-key", Assert.Single(upstream.Calls).Authorization);
    }

    [Fact]
    public async Task A_gateways_own_key_never_leaves_it()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.ApiKeys, "gateway-key"));
        GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question("Hi", "m"), ("Authorization", "Bearer gateway-key"));
        Assert.Equal(200, answer.Status);
        Assert.Equal("", Assert.Single(upstream.Calls).Authorization);
    }

    [Fact]
    public async Task Several_answers_at_once_pass_through_untouched_and_are_not_stored()
    {
        const string two = """{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""";
        string[] chunks =
        [
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}""",
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":1,"delta":{"content":"b"}}]}""",
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":1,"delta":{},"finish_reason":"stop"},{"index":0,"delta":{},"finish_reason":"stop"}]}""",
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""",
        ];
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(two, chunks);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        for (int i = 0; i < 2; i++)
        {
            GatewayAnswer whole = await gateway.AskAsync(RunningGateway.Question("Hi", "m", "\"temperature\":0,\"n\":2"));
            Assert.Equal("bypass", whole.Cache);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(two), whole.Json), whole.Body);
        }
        GatewayAnswer stream = await gateway.AskAsync(RunningGateway.Question("Hi", "m", "\"temperature\":0,\"n\":2,\"stream\":true"));
        Assert.Equal(chunks.Take(3), stream.Events.SkipLast(1));
        Assert.Equal(3, upstream.Calls.Count);
    }

    [Fact]
    public async Task Tool_calls_stream_piece_by_piece_and_are_not_stored()
    {
        string[] chunks =
        [
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}""",
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]},"finish_reason":null}]}""",
            """{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
        ];
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Whole, chunks);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        string body = RunningGateway.Question("Hi", "m", "\"temperature\":0,\"stream\":true");
        for (int i = 0; i < 2; i++)
        {
            GatewayAnswer answer = await gateway.AskAsync(body);
            Assert.Equal("miss", answer.Cache);
            IEnumerable<string?> parts = answer.Chunks.Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["tool_calls"]?[0]?["function"]?["arguments"]);
            Assert.Equal(["", "{\"a\":1}", null], parts);
        }
        Assert.Equal(2, upstream.Calls.Count);
    }

    [Fact]
    public async Task The_upstreams_models_are_listed_as_it_lists_them()
    {
        const string models = """{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x","context_length":128000}]}""";
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(models);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        Assert.Equal(models, await gateway.Http.GetStringAsync("/v1/models", TestContext.Current.CancellationToken));
        Assert.Equal("/v1/models", Assert.Single(upstream.Calls).Path);
    }
}
