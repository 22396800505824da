using System.Text;
using System.Text.Json.Nodes;

namespace Refrain.Gateway.Tests;

public sealed class WireIdentityTests
{
    private const string Body = """
        {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"temperature":0}
        """;

    [Theory]
    [InlineData("""{"temperature":0,"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}""", "the order of properties")]
    [InlineData("""{ "model" : "m", "messages":[ {"role":"system","content":"s"} , {"role":"user","content":"q"}], "temperature":0 }""", "white space")]
    [InlineData("""{"model":"\u006d","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"temperature":0}""", "escapes")]
    [InlineData("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"temperature":0,"stream":true,"stream_options":{"include_usage":true}}""", "the wire mode")]
    [InlineData("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"temperature":0,"metadata":{"trace":"1"}}""", "what is ignored")]
    [InlineData("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"another"}],"temperature":0}""", "the text itself, which is compared elsewhere")]
    public void Some_differences_are_none(string other, string what)
    {
        Assert.True(Describe(Body) == Describe(other), what);
    }

    [Fact]
    public void A_change_of_any_field_known_or_unknown_changes_the_identity()
    {
        string[] names =
        [
            "model", "temperature", "top_p", "n", "seed", "stop", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "logit_bias",
            "user", "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "service_tier", "store", "logprobs", "top_logprobs",
            "modalities", "audio", "prediction", "web_search_options", "verbosity", "functions", "top_k", "Temperature", "x_vendor", "refrain",
        ];
        var seen = new Dictionary<string, string>(StringComparer.Ordinal) { [Describe(Body)] = "nothing" };
        foreach (string name in names)
        {
            JsonObject body = JsonNode.Parse(Body)!.AsObject();
            body[name] = name switch { "model" => "other", "temperature" => 0.05, "n" => 2, "max_tokens" or "max_completion_tokens" or "seed" => 5, "stop" => "s", "user" => "u", _ => 1 };
            string identity = Describe(body.ToJsonString());
            Assert.True(seen.TryAdd(identity, name), $"{name} is not told apart from {seen.GetValueOrDefault(identity)}.");
        }
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"q"},{"role":"system","content":"s"}]""")]
    [InlineData("""[{"role":"developer","content":"s"},{"role":"user","content":"q"}]""")]
    [InlineData("""[{"role":"system","content":"s","name":"x"},{"role":"user","content":"q"}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"q"}]}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":""}]}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"https://a/b.png"}}]}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"tool","tool_call_id":"c","content":"r1"}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"tool","tool_call_id":"c","content":"r2"}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":null}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant"}]""")]
    public void The_shape_of_the_messages_is_part_of_it(string messages)
    {
        string changed = $$"""{"model":"m","messages":{{messages}},"temperature":0}""";
        Assert.NotEqual(Describe(Body), Describe(changed));
    }

    [Fact]
    public void Where_one_text_of_several_ends_is_part_of_it()
    {
        const string form = """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]}]}""";
        string first = form.Replace("\"A\"", "\"ab\"", StringComparison.Ordinal).Replace("\"B\"", "\"c\"", StringComparison.Ordinal);
        string second = form.Replace("\"A\"", "\"a\"", StringComparison.Ordinal).Replace("\"B\"", "\"bc\"", StringComparison.Ordinal);
        Assert.NotEqual(Describe(first), Describe(second));
    }

    [Fact]
    public void A_long_value_is_compared_by_its_digest_and_one_changed_character_is_seen()
    {
        string image = new('A', 100_000);
        string form = """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,IMAGE"}}]}]}""";
        string first = Describe(form.Replace("IMAGE", image, StringComparison.Ordinal));
        string second = Describe(form.Replace("IMAGE", image[..^1] + "B", StringComparison.Ordinal));
        Assert.NotEqual(first, second);
        Assert.InRange(first.Length, 1, 500);
    }

    [Fact]
    public void An_answer_that_only_one_wire_mode_can_tell_is_kept_apart_by_mode()
    {
        const string whole = """{"model":"m","messages":[{"role":"user","content":"q"}],"logprobs":true}""";
        const string stream = """{"model":"m","messages":[{"role":"user","content":"q"}],"logprobs":true,"stream":true}""";
        Assert.NotEqual(Describe(whole), Describe(stream));
    }

    [Fact]
    public void Another_upstream_is_another_identity()
    {
        WireRequest request = WireRequest.Parse(Encoding.UTF8.GetBytes(Body));
        Assert.NotEqual(new WireIdentity("a", []).Describe(request), new WireIdentity("b", []).Describe(request));
    }

    private static string Describe(string body) =>
        new WireIdentity("upstream", WireIdentity.IgnoredByDefault).Describe(WireRequest.Parse(Encoding.UTF8.GetBytes(body)));
}
