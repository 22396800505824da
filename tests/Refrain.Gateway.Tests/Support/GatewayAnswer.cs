using System.Text.Json.Nodes;

namespace Refrain.Gateway.Tests;

/// <summary>What the gateway answered.</summary>
internal sealed record GatewayAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>What the cache did, or null.</summary>
    public string? Cache => Headers.GetValueOrDefault("X-Refrain-Cache");

    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The data of its server-sent events, the mark of the end included.</summary>
    public string[] Events => [.. Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e["data: ".Length..])];

    /// <summary>The chunks of a stream.</summary>
    public JsonNode[] Chunks => [.. Events.Where(e => e != "[DONE]").Select(e => JsonNode.Parse(e)!)];

    /// <summary>The text of the answer, in either wire mode.</summary>
    public string Text => Body.StartsWith("data: ", StringComparison.Ordinal)
        ? string.Concat(Chunks.Select(chunk => (string?)chunk["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]))
        : (string)Json["choices"]![0]!["message"]!["content"]!;
}
