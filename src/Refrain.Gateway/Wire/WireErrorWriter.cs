using System.Buffers;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>Writes failures in OpenAI's shape, which its clients turn into their exceptions.</summary>
internal static class WireErrorWriter
{
    /// <summary>Writes <c>{"error":{…}}</c>.</summary>
    /// <param name="output">Takes UTF-8 JSON.</param>
    /// <param name="message">For people: what, where, what to do.</param>
    /// <param name="type">OpenAI's class of the error, such as "invalid_request_error".</param>
    /// <param name="param">The property that is wrong, or null.</param>
    /// <param name="code">For programs, or null.</param>
    public static void Write(IBufferWriter<byte> output, string message, string type, string? param = null, string? code = null)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.Plain);
        writer.WriteStartObject();
        writer.WriteStartObject("error");
        writer.WriteString("message", message);
        writer.WriteString("type", type);
        writer.WriteString("param", param);
        writer.WriteString("code", code);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>OpenAI's class of an error with this status.</summary>
    public static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
