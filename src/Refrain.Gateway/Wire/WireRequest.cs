using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>
/// A <c>POST /v1/chat/completions</c> body, parsed once: what the cache takes for its identity and what the upstream is sent come from the same values.
/// It may outlive the HTTP request, because others may be waiting for the same answer.
/// </summary>
internal sealed class WireRequest
{
    private readonly ChatOptions _options;

    private WireRequest(JsonElement root)
    {
        Root = root;
        Model = RequiredString(root, "model");
        Stream = Boolean(root, "stream");
        IncludeUsage = root.Property("stream_options") is { } options && Boolean(options, "include_usage");
        ChoiceCount = Integer(root, "n") ?? 1;
        if (ChoiceCount < 1)
            throw new WireException("n must be at least 1.", "n");
        Messages = WireMessages.Read(root);
        _options = new ChatOptions
        {
            ModelId = Model,
            Temperature = Number(root, "temperature"),
            TopP = Number(root, "top_p"),
            FrequencyPenalty = Number(root, "frequency_penalty"),
            PresencePenalty = Number(root, "presence_penalty"),
            MaxOutputTokens = Integer(root, "max_completion_tokens") ?? Integer(root, "max_tokens"),
            Seed = root.IntegerProperty("seed"),
            StopSequences = StopsOf(root),
            RawRepresentationFactory = _ => this,
        };
    }

    /// <summary>The whole body.</summary>
    public JsonElement Root { get; }

    /// <summary>The model asked for.</summary>
    public string Model { get; }

    /// <summary>Whether the answer is wanted as server-sent events.</summary>
    public bool Stream { get; }

    /// <summary>Whether a stream is to end with a chunk that holds the usage.</summary>
    public bool IncludeUsage { get; }

    /// <summary>How many answers are wanted; at least 1.</summary>
    public int ChoiceCount { get; }

    /// <summary>The messages, as far as the framework's types can hold them.</summary>
    public IList<ChatMessage> Messages { get; }

    /// <summary>The caller's own key, to be handed on where the upstream has none configured.</summary>
    public Secret CallerKey { get; init; }

    /// <summary>Reads a body.</summary>
    /// <param name="body">UTF-8 JSON. Must not change afterwards.</param>
    /// <param name="callerKey">The caller's own key, if it is to be handed on.</param>
    /// <exception cref="WireException">Not JSON, a property named twice, or a known property of the wrong type.</exception>
    public static WireRequest Parse(ReadOnlyMemory<byte> body, Secret callerKey = default)
    {
        if (!Utf8.IsValid(body.Span))
            throw new WireException("The body is not UTF-8.");
        try
        {
            // Not a pooled document: a flight that others wait for outlives the request that started it.
            JsonElement root = JsonElement.Parse(body.Span, WireJson.Strict);
            if (MayHoldSurrogates(body.Span))
                WireJson.RequireText(root);
            return root.ValueKind == JsonValueKind.Object
                ? new WireRequest(root) { CallerKey = callerKey }
                : throw new WireException("The body must be a JSON object.");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // The last is what a name with half a surrogate pair makes of the search for names given twice.
            throw new WireException($"The body is not acceptable JSON: {e.Message}", inner: e);
        }
    }

    /// <summary>In valid UTF-8, only an escape such as \ud83d can be half a pair: without one there is no need to look at every string.</summary>
    private static bool MayHoldSurrogates(ReadOnlySpan<byte> body) => body.IndexOf("\\ud"u8) >= 0 || body.IndexOf("\\uD"u8) >= 0;

    /// <summary>The options as the framework knows them; what it has no name for is in <see cref="WireNames.Request"/>, and the body itself travels along for the upstream.</summary>
    /// <param name="identity">Builds the text that stands for everything but the messages' texts.</param>
    public ChatOptions ToOptions(WireIdentity identity)
    {
        ChatOptions options = _options.Clone();
        options.AdditionalProperties = new AdditionalPropertiesDictionary { [WireNames.Request] = identity.Describe(this) };
        return options;
    }

    private static List<string>? StopsOf(JsonElement root) => root.Property("stop") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Where(stop => stop.ValueKind == JsonValueKind.String).Select(stop => stop.GetString()!)],
        _ => null,
    };

    private static string RequiredString(JsonElement value, string name) =>
        value.StringProperty(name) is { Length: > 0 } text ? text : throw new WireException($"{name} must be a non-empty string.", name);

    private static bool Boolean(JsonElement value, string name) => value.Property(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new WireException($"{name} must be true or false.", name),
    };

    private static int? Integer(JsonElement value, string name) => value.Property(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int whole) => whole,
        _ => throw new WireException($"{name} must be a whole number.", name),
    };

    private static float? Number(JsonElement value, string name) => value.Property(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetSingle(out float single) && float.IsFinite(single) => single,
        _ => throw new WireException($"{name} must be a number.", name),
    };
}
