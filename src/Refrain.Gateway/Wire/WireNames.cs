namespace Refrain.Gateway;

/// <summary>Names under which what has no place in <c>Microsoft.Extensions.AI</c>'s types travels in additional properties. All values are JSON text.</summary>
internal static class WireNames
{
    /// <summary>Of a request: everything in its body but its texts and what identity ignores.</summary>
    public const string Request = "openai.request";

    /// <summary>Of an answer or a chunk: properties beside the known ones.</summary>
    public const string Root = "openai.root";

    /// <summary>Of an answer: properties of its choice beside the known ones.</summary>
    public const string Choice = "openai.choice";

    /// <summary>Of an answer: properties of its message beside the known ones.</summary>
    public const string Message = "openai.message";

    /// <summary>Of a chunk: properties of its choice beside the known ones.</summary>
    public const string ChunkChoice = "openai.chunk.choice";

    /// <summary>Of a chunk: properties of its delta beside text and reasoning.</summary>
    public const string Delta = "openai.chunk.delta";

    /// <summary>Of an answer or a chunk: the usage object as the provider sent it.</summary>
    public const string Usage = "openai.usage";

    /// <summary>Of an answer or a chunk: how its provider spells the reasoning property.</summary>
    public const string Reasoning = "openai.reasoning";
}
