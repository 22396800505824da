using System.ClientModel;
using OpenAI;
using OpenAI.Chat;

namespace Refrain.Gateway.Tests;

/// <summary>The official client, as its users have it: only the address is ours.</summary>
public sealed class OpenAIClientTests
{
    private static readonly ChatCompletionOptions Deterministic = new() { Temperature = 0 };

    [Fact]
    public async Task The_official_client_asks_and_is_answered_from_memory_the_second_time()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        ChatClient client = Client(gateway);
        ClientResult<ChatCompletion> first = await AskAsync(client, "Why is the sky blue?");
        ClientResult<ChatCompletion> second = await AskAsync(client, "Why is the sky blue?");
        Assert.Equal("miss", Header(first));
        Assert.Equal("exact", Header(second));
        Assert.Equal(first.Value.Content[0].Text, second.Value.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, second.Value.FinishReason);
        Assert.Equal(first.Value.Usage.TotalTokenCount, second.Value.Usage.TotalTokenCount);
        Assert.True(second.Value.Usage.TotalTokenCount > 0);
    }

    [Fact]
    public async Task The_official_client_streams_and_gets_the_same_chunks_the_second_time()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        ChatClient client = Client(gateway);
        List<string> first = await StreamAsync(client, "Why is the sky blue?");
        List<string> second = await StreamAsync(client, "Why is the sky blue?");
        Assert.True(first.Count > 20);
        Assert.Equal(first, second);
        ClientResult<ChatCompletion> whole = await AskAsync(client, "Why is the sky blue?");
        Assert.Equal("exact", Header(whole));
        Assert.Equal(string.Concat(first), whole.Value.Content[0].Text);
    }

    [Fact]
    public async Task The_official_client_turns_a_refusal_into_its_own_exception()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.ApiKeys, "right-key"));
        ClientResultException e = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(Client(gateway, "wrong-key"), "Hello?"));
        Assert.Equal(401, e.Status);
        Assert.Contains("invalid_api_key", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_are_offered_called_and_answered_through_the_official_client()
    {
        const string call = """{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";
        const string final = """{"id":"y","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"It rains."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((asked, response) =>
            ScriptedUpstream.WriteJsonAsync(response, 200, asked.Body.Contains("\"role\":\"tool\"", StringComparison.Ordinal) ? final : call));
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        ChatClient client = Client(gateway);
        var options = new ChatCompletionOptions { Temperature = 0 };
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", "The weather.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")));
        List<ChatMessage> messages = [new UserChatMessage("Does it rain in Oslo?")];
        ChatCompletion first = await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken);
        Assert.Equal("{\"city\":\"Oslo\"}", Assert.Single(first.ToolCalls).FunctionArguments.ToString());
        messages.Add(new AssistantChatMessage(first));
        messages.Add(new ToolChatMessage("c1", "rain"));
        ChatCompletion second = await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken);
        Assert.Equal("It rains.", second.Content[0].Text);
        Assert.All(upstream.Calls, asked => Assert.Contains("\"parameters\":{\"type\":\"object\"", asked.Body, StringComparison.Ordinal));
    }

    private static ChatClient Client(RunningGateway gateway, string key = "any-key") =>
        new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(gateway.Url + "/v1") }).GetChatClient("demo-small");

    private static async Task<ClientResult<ChatCompletion>> AskAsync(ChatClient client, string question) =>
        await client.CompleteChatAsync([new UserChatMessage(question)], Deterministic, TestContext.Current.CancellationToken);

    private static async Task<List<string>> StreamAsync(ChatClient client, string question)
    {
        var chunks = new List<string>();
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync([new UserChatMessage(question)], Deterministic, TestContext.Current.CancellationToken))
            chunks.AddRange(update.ContentUpdate.Select(part => part.Text));
        return chunks;
    }

    private static string? Header(ClientResult<ChatCompletion> result) => result.GetRawResponse().Headers.TryGetValue("X-Refrain-Cache", out string? value) ? value : null;
}
