using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Decides whether a request goes through the cache, before anything is computed.</summary>
internal static class RequestAdmission
{
    /// <summary>Why not, or <see cref="BypassReason.None"/>.</summary>
    public static BypassReason Judge(IReadOnlyList<ChatMessage> messages, ChatOptions? options, RefrainRequest request, RefrainChatOptions rules)
    {
        if (request.Bypass) return BypassReason.Requested;
        if (options?.Temperature is { } temperature)
        {
            // Written so that NaN is refused too.
            if (!(temperature <= rules.TemperatureMax)) return BypassReason.Temperature;
        }
        else if (!rules.CacheWithoutTemperature)
        {
            return BypassReason.NoTemperature;
        }

        return rules.Admit?.Invoke(messages, options) == false ? BypassReason.Rule : BypassReason.None;
    }

    /// <summary>The reason as callers see it in <see cref="RefrainProperties.Reason"/>.</summary>
    public static string Name(BypassReason reason) => reason switch
    {
        BypassReason.None => "",
        BypassReason.Requested => "requested",
        BypassReason.Temperature => "temperature",
        BypassReason.NoTemperature => "no-temperature",
        BypassReason.Rule => "rule",
        BypassReason.NoText => "no-text",
        BypassReason.ServerState => "server-state",
        BypassReason.RawRepresentation => "raw-representation",
        BypassReason.Unidentifiable => "unidentifiable",
        BypassReason.Refused => "refused",
        BypassReason.NoCache => "no-cache",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown reason."),
    };
}
