namespace Refrain.Gateway;

/// <summary>One OpenAI-compatible server.</summary>
internal sealed record UpstreamOptions
{
    /// <summary>Where its API begins, such as https://api.openai.com/v1; requests go to <c>chat/completions</c> below it.</summary>
    public required Uri Url { get; init; }

    /// <summary>The bearer key to send. Not set: the caller's own key is handed on.</summary>
    public Secret Key { get; init; }

    /// <summary>The model to ask whatever the caller names. Null: the caller's.</summary>
    public string? Model { get; init; }

    /// <summary>The longest an answer may take, from the first byte sent to the last received.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Name in logs and metrics: the host, and the port where it is not the scheme's own.</summary>
    public string Name => Url.IsDefaultPort ? Url.Host : $"{Url.Host}:{Url.Port}";
}
