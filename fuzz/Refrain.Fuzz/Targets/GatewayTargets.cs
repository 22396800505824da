using System.Text;
using System.Text.Json;
using Refrain.Gateway;

namespace Refrain.Fuzz;

/// <summary>What the gateway is sent: by its callers, and by the upstream.</summary>
internal static class GatewayTargets
{
    private static readonly WireIdentity Identity = new("https://upstream.example/v1", WireIdentity.IgnoredByDefault);

    /// <summary>A caller's body: refused by a <see cref="WireException"/>, or it has an identity and an upstream body that is the same request.</summary>
    public static void Request(ReadOnlySpan<byte> data)
    {
        try
        {
            byte[] body = data.ToArray();
            WireRequest request = WireRequest.Parse(body);
            string identity = Identity.Describe(request);
            _ = request.ToOptions(Identity);
            WireRequest again = WireRequest.Parse(WireUpstreamBody.Write(request, request.Model, request.Stream));
            if (Identity.Describe(again) != identity)
                throw new InvalidDataException("The upstream is asked something else than the cache.");
        }
        catch (WireException)
        {
            // The caller gets a 400.
        }
    }

    /// <summary>An upstream's answer, whole or as a chunk; an upstream that sends anything else than JSON is refused before.</summary>
    public static void Answer(ReadOnlySpan<byte> data)
    {
        try
        {
            JsonElement root = JsonElement.Parse(data);
            _ = WireAnswerReader.Read(root);
            WireChunkReader chunks = new();
            _ = chunks.Read(root);
            _ = chunks.Read(root);
        }
        catch (Exception broken) when (broken is JsonException or FormatException or UpstreamException)
        {
            // UpstreamClient takes these for a failure of the upstream.
        }
    }

    /// <summary>Requests with everything in them that the gateway knows, and some of what it does not.</summary>
    public static IEnumerable<byte[]> Requests() => Bytes(
        """{"model":"m-1","messages":[{"role":"user","content":"What is the capital of France?"}]}""",
        """{"model":"m-1","stream":true,"stream_options":{"include_usage":true,"other":1},"temperature":0,"top_p":0.5,"n":2,"max_tokens":10,"max_completion_tokens":20,"seed":-9223372036854775808,"stop":["a","b"],"frequency_penalty":-2.0,"presence_penalty":2e0,"user":"u","metadata":{"a":"b"},"messages":[{"role":"system","content":"Be brief."},{"role":"developer","content":"Really."},{"role":"user","name":"n","content":[{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"},{"role":"user","content":"And \ud83d\ude00 \u0000?"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto","response_format":{"type":"json_object"},"nobody_knows":[1,2.50,null,true,{"x":1e400}]}""",
        """{"model":"m-1","model":"m-2","messages":[]}""",
        """{"model":"m-1","messages":[{"role":"user","content":"\ud800"}]}""",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");

    /// <summary>Answers and chunks.</summary>
    public static IEnumerable<byte[]> Answers() => Bytes(
        """{"id":"x","object":"chat.completion","created":1700000000,"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"message":{"role":"assistant","content":"Paris.","reasoning_content":"Easy.","refusal":null,"annotations":[],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":1}}}""",
        """{"id":"x","object":"chat.completion.chunk","created":1700000000,"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Pa","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]},"finish_reason":"tool_calls"}],"usage":null}""",
        """{"error":{"message":"no","type":"server_error","code":500}}""");

    private static IEnumerable<byte[]> Bytes(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);
}
