using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Places a <see cref="RefrainRequest"/> on the options of a chat.</summary>
public static class RefrainRequestExtensions
{
    /// <summary>Says what this request asks of the cache.</summary>
    /// <param name="options">The options to write to; they are changed in place.</param>
    /// <param name="request">What is asked.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static ChatOptions WithRefrain(this ChatOptions options, RefrainRequest request)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(request);
        (options.AdditionalProperties ??= [])[RefrainProperties.Request] = request;
        return options;
    }

    /// <summary>The options as a provider may see them: without Refrain's own properties.</summary>
    internal static ChatOptions? WithoutRefrain(this ChatOptions? options)
    {
        if (options?.AdditionalProperties is not { } properties || !properties.ContainsKey(RefrainProperties.Request)) return options;
        ChatOptions copy = options.Clone();
        copy.AdditionalProperties = properties.Clone();
        copy.AdditionalProperties.Remove(RefrainProperties.Request);
        if (copy.AdditionalProperties.Count == 0) copy.AdditionalProperties = null;
        return copy;
    }
}
