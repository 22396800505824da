using System.Buffers;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary><c>GET /v1/models</c>: the first upstream's list, or the demo model's.</summary>
internal sealed class ModelsEndpoint(UpstreamClient? upstream, GatewaySettings settings, TimeProvider time)
{
    private readonly long _startedAt = time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        if (upstream is null)
        {
            WriteDemoModels(json);
            await Failures.SendAsync(context, StatusCodes.Status200OK, json.WrittenMemory).ConfigureAwait(false);
            return;
        }
        try
        {
            Secret key = settings.ApiKeys.Count == 0 ? CallerKey.Of(context.Request.Headers) : default;
            JsonElement models = await upstream.GetModelsAsync(key, context.RequestAborted).ConfigureAwait(false);
            using (var writer = new Utf8JsonWriter(json, WireJson.Plain))
                models.WriteTo(writer);
            await Failures.SendAsync(context, StatusCodes.Status200OK, json.WrittenMemory).ConfigureAwait(false);
        }
        catch (UpstreamException e)
        {
            (int status, ReadOnlyMemory<byte> body, _) = Failures.Describe(e, keyIsCallers: !settings.Upstreams[0].Key.IsSet, time.GetUtcNow());
            await Failures.SendAsync(context, status, body).ConfigureAwait(false);
        }
    }

    private void WriteDemoModels(IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("object", "list");
        writer.WriteStartArray("data");
        foreach (string name in DemoModel.ModelNames)
        {
            writer.WriteStartObject();
            writer.WriteString("id", name);
            writer.WriteString("object", "model");
            writer.WriteNumber("created", _startedAt);
            writer.WriteString("owned_by", DemoModel.ProviderName);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
