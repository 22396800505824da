using Microsoft.Extensions.AI;

namespace Refrain.Benchmarks;

/// <summary>
/// A provider whose answer tells all that it was asked: whoever gets an answer can see whether it was made for him. The tenant, which no provider is told,
/// travels in a property that is no part of a request's identity.
/// </summary>
internal sealed class TellingProvider : IChatClient
{
    /// <summary>One of the properties that are ignored by default.</summary>
    public const string TenantProperty = "request_id";

    private const string Separator = " ¦ ";

    /// <summary>All but the last words of the user.</summary>
    public static string TellScope(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        IEnumerable<string?> parts =
        [
            options.AdditionalProperties?[TenantProperty] as string,
            options.ModelId,
            options.Instructions,
            $"{options.MaxOutputTokens}",
            .. (options.Tools ?? []).OfType<AIFunctionDeclaration>().Select(tool => $"{tool.Name}: {tool.Description} {tool.JsonSchema.GetRawText()}"),
            .. messages.SkipLast(1).Select(message => $"{message.Role}: {message.Text}"),
        ];
        return string.Join(Separator, parts) + Separator;
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatMessage[] list = [.. messages];
        string told = TellScope(list, options ?? new ChatOptions()) + list[^1].Text;
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, told)) { FinishReason = ChatFinishReason.Stop });
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nobody asks this provider for a stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
