using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Who answers: the provider's name, its address and the model it uses when none is named. Part of every scope.</summary>
internal static class ProviderIdentity
{
    /// <summary>Reads what the client says of itself. Two clients that say the same are the same provider.</summary>
    /// <param name="client">The client below the cache.</param>
    /// <param name="useNamespace">Keeps several uses of one cache apart.</param>
    public static byte[] Of(IChatClient client, string useNamespace)
    {
        ChatClientMetadata? metadata = client.GetService<ChatClientMetadata>();
        var writer = new IdentityWriter();
        writer.Text(useNamespace);
        writer.Text(metadata?.ProviderName);
        writer.Text(metadata?.ProviderUri?.OriginalString);
        writer.Text(metadata?.DefaultModelId);
        return writer.Failed
            ? throw new ArgumentException("The namespace, the provider's name, address and model must be well-formed UTF-16.", nameof(useNamespace))
            : writer.Written.ToArray();
    }
}
