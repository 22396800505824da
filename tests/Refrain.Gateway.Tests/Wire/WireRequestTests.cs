using System.Text;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway.Tests;

public sealed class WireRequestTests
{
    [Fact]
    public void A_body_is_read_into_the_frameworks_types()
    {
        WireRequest request = Parse("""
            {"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","name":"Ann","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],
             "temperature":0.1,"top_p":0.5,"max_tokens":7,"seed":42,"stop":["x","y"],"stream":true,"stream_options":{"include_usage":true},"n":null}
            """);
        ChatOptions options = request.ToOptions(Identity());
        Assert.Equal("m", options.ModelId);
        Assert.Equal(0.1f, options.Temperature);
        Assert.Equal(0.5f, options.TopP);
        Assert.Equal(7, options.MaxOutputTokens);
        Assert.Equal(42, options.Seed);
        Assert.Equal(["x", "y"], options.StopSequences!);
        Assert.True(request.Stream);
        Assert.True(request.IncludeUsage);
        Assert.Equal(1, request.ChoiceCount);
        Assert.Equal([ChatRole.System, ChatRole.User], request.Messages.Select(message => message.Role));
        Assert.Equal("ab", request.Messages[1].Text);
        Assert.Equal("Ann", request.Messages[1].AuthorName);
        Assert.Same(request, options.RawRepresentationFactory!(null!));
    }

    [Fact]
    public void Tool_calls_and_their_results_are_read()
    {
        WireRequest request = Parse("""
            {"model":"m","messages":[{"role":"user","content":"weather?"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"get","arguments":"{\"city\":\"Oslo\"}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"rain"}]}
            """);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(request.Messages[1].Contents));
        Assert.Equal("Oslo", call.Arguments!["city"]!.ToString());
        var result = Assert.IsType<FunctionResultContent>(Assert.Single(request.Messages[2].Contents));
        Assert.Equal("rain", result.Result);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("[]", null)]
    [InlineData("{", null)]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":3,"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":"m"}""", "messages")]
    [InlineData("""{"model":"m","messages":[]}""", "messages")]
    [InlineData("""{"model":"m","messages":["x"]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":5}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "temperature")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1e999}""", "temperature")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "stream")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"n":0}""", "n")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":1.5}""", "max_tokens")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""", null)]
    [InlineData("""{"model":"m","mess\ud800ages":[{"role":"user","content":"x"}]}""", null)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{"a":"\uDFFF"}}""", null)]
    public void A_body_that_is_no_request_is_refused_by_the_property_that_is_wrong(string body, string? param)
    {
        WireException e = Assert.Throws<WireException>(() => Parse(body));
        Assert.Equal(400, e.Status);
        Assert.Equal(param, e.Param);
    }

    [Theory]
    [InlineData("""{"model":"m","model":"n","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"model":"m","mod\u0065l":"n","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x","content":"y"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"function":{"name":"a","name":"b"}}]}""")]
    public void A_property_named_twice_is_refused_at_any_depth_and_in_any_spelling(string body)
    {
        WireException e = Assert.Throws<WireException>(() => Parse(body));
        Assert.Equal(400, e.Status);
    }

    [Fact]
    public void A_body_nested_too_deep_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 200)) + string.Concat(Enumerable.Repeat("]", 200));
        Assert.Throws<WireException>(() => Parse($$"""{"model":"m","messages":[{"role":"user","content":"x"}],"x":{{deep}}}"""));
    }

    [Fact]
    public void The_upstream_is_sent_every_property_known_or_not_as_it_was_written()
    {
        WireRequest request = Parse("""
            {"model":"m","messages":[{"role":"user","content":"ä \u00e4 \"q\" <&>"}],"temperature":0.10,"vendor":{"deep":[1,2.50,null,1e2]},"stream":true,
             "stream_options":{"include_usage":false,"include_obfuscation":false}}
            """);
        string whole = Encoding.UTF8.GetString(WireUpstreamBody.Write(request, "m", stream: false).Span);
        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"ä ä \"q\" <&>"}],"temperature":0.10,"vendor":{"deep":[1,2.50,null,1e2]}}""", whole);
        string stream = Encoding.UTF8.GetString(WireUpstreamBody.Write(request, "other", stream: true).Span);
        Assert.StartsWith("""{"model":"other",""", stream, StringComparison.Ordinal);
        Assert.EndsWith(""","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}""", stream, StringComparison.Ordinal);
    }

    private static WireRequest Parse(string body) => WireRequest.Parse(Encoding.UTF8.GetBytes(body));

    private static WireIdentity Identity() => new("upstream", WireIdentity.IgnoredByDefault);
}
