using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;

namespace Refrain.Chat;

/// <summary>How many tokens a request or an answer is, where no provider has said so.</summary>
internal static class TokenCount
{
    /// <summary>What a message costs besides its words: role, delimiters, name. Providers document 3 to 7.</summary>
    private const int PerMessage = 8;

    /// <summary>English prose has about four bytes a token; other scripts have fewer, so an estimate without a tokenizer is just that.</summary>
    private const int BytesPerToken = 4;

    /// <summary>
    /// The most tokens that the input can be. With a tokenizer it is its count; without one every byte may be a token of its own,
    /// since a byte-level vocabulary has no token shorter than a byte.
    /// </summary>
    public static long InputAtMost(IReadOnlyList<ChatMessage> messages, ChatOptions? options, Tokenizer? tokenizer, int attachmentTokens) =>
        Input(messages, options, tokenizer, attachmentTokens, bytesPerToken: 1);

    /// <summary>How many tokens the input probably is.</summary>
    public static long InputEstimate(IReadOnlyList<ChatMessage> messages, ChatOptions? options, Tokenizer? tokenizer, int attachmentTokens) =>
        Input(messages, options, tokenizer, attachmentTokens, BytesPerToken);

    /// <summary>How many tokens an answer's contents probably are.</summary>
    public static long OutputEstimate(IEnumerable<AIContent> contents, Tokenizer? tokenizer)
    {
        long tokens = 0;
        foreach (AIContent content in contents) tokens += Of(content, tokenizer, attachmentTokens: 0, BytesPerToken);
        return tokens;
    }

    /// <summary>How many tokens a text probably is.</summary>
    public static long Estimate(string text, Tokenizer? tokenizer = null) => Of(text, tokenizer, BytesPerToken);

    private static long Input(IReadOnlyList<ChatMessage> messages, ChatOptions? options, Tokenizer? tokenizer, int attachmentTokens, int bytesPerToken)
    {
        long tokens = PerMessage + Of(options?.Instructions, tokenizer, bytesPerToken);
        for (int i = 0; i < messages.Count; i++)
        {
            tokens += PerMessage + Of(messages[i].AuthorName, tokenizer, bytesPerToken);
            IList<AIContent> contents = messages[i].Contents;
            for (int j = 0; j < contents.Count; j++) tokens += Of(contents[j], tokenizer, attachmentTokens, bytesPerToken);
        }

        foreach (AITool tool in options?.Tools ?? [])
        {
            tokens += PerMessage + Of(tool.Name, tokenizer, bytesPerToken) + Of(tool.Description, tokenizer, bytesPerToken);
            if (tool is AIFunctionDeclaration function) tokens += Of(function.JsonSchema.GetRawText(), tokenizer, bytesPerToken);
        }

        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema }) tokens += Of(schema.GetRawText(), tokenizer, bytesPerToken);
        return tokens;
    }

    private static long Of(AIContent content, Tokenizer? tokenizer, int attachmentTokens, int bytesPerToken) => content switch
    {
        TextContent text => Of(text.Text, tokenizer, bytesPerToken),
        TextReasoningContent reasoning => Of(reasoning.Text, tokenizer, bytesPerToken) + Of(reasoning.ProtectedData, tokenizer, bytesPerToken),
        FunctionCallContent call => PerMessage + Of(call.Name, tokenizer, bytesPerToken) + Arguments(call, tokenizer, bytesPerToken),
        FunctionResultContent result => PerMessage + Of(result.Result?.ToString(), tokenizer, bytesPerToken),
        UsageContent => 0,
        _ => attachmentTokens,
    };

    private static long Arguments(FunctionCallContent call, Tokenizer? tokenizer, int bytesPerToken)
    {
        long tokens = 0;
        foreach (KeyValuePair<string, object?> argument in call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal))
            tokens += PerMessage + Of(argument.Key, tokenizer, bytesPerToken) + Of(argument.Value?.ToString(), tokenizer, bytesPerToken);
        return tokens;
    }

    private static long Of(string? text, Tokenizer? tokenizer, int bytesPerToken)
    {
        if (string.IsNullOrEmpty(text)) return 0;
        if (tokenizer is not null) return tokenizer.CountTokens(text);
        return (Encoding.UTF8.GetByteCount(text) + bytesPerToken - 1) / bytesPerToken;
    }
}
