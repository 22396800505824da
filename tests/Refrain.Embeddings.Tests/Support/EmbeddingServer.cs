using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Refrain.Embeddings.Tests;

/// <summary>
/// Speaks Voyage AI's protocol (and OpenAI's, which asks alike) on loopback. A text's vector points along its length, so that order can be checked.
/// Faults are queued; each is used up by one request.
/// </summary>
internal sealed class EmbeddingServer : IAsyncDisposable
{
    public const string Key = "pa-secret-key-of-the-tests";

    private readonly WebApplication _app;
    private int _underWay;

    private EmbeddingServer(WebApplication app) => _app = app;

    public Uri Address => new(new Uri(_app.Urls.First()), "/v1/embeddings");

    public ConcurrentQueue<JsonNode> Requests { get; } = new();

    public ConcurrentQueue<Func<HttpContext, Task>> Faults { get; } = new();

    public int MostUnderWay { get; private set; }

    /// <summary>A gate that every request waits at.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<EmbeddingServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var server = new EmbeddingServer(app);
        app.MapPost("/v1/embeddings", server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public static Func<HttpContext, Task> Status(int status, string body, string? retryAfter = null) => async context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        await context.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Broken() => context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        int underWay = Interlocked.Increment(ref _underWay);
        lock (Requests) MostUnderWay = Math.Max(MostUnderWay, underWay);
        try
        {
            JsonNode request = (await JsonNode.ParseAsync(context.Request.Body))!;
            Requests.Enqueue(request);
            await Gate.WaitAsync(context.RequestAborted);
            if (Faults.TryDequeue(out Func<HttpContext, Task>? fault))
            {
                await fault(context);
                return;
            }

            if (context.Request.Headers.Authorization != "Bearer " + Key)
            {
                await Status(401, """{"detail":"Provided API key is invalid."}""")(context);
                return;
            }

            await context.Response.WriteAsJsonAsync(Answer(request));
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static JsonObject Answer(JsonNode request)
    {
        int dimensions = request["output_dimension"]?.GetValue<int>() ?? request["dimensions"]?.GetValue<int>() ?? 256;
        bool int8 = request["output_dtype"]?.GetValue<string>() == "int8";
        var data = new JsonArray();
        JsonArray texts = request["input"] as JsonArray ?? [request["input"]!.DeepClone()];
        for (int i = 0; i < texts.Count; i++)
        {
            int length = texts[i]!.GetValue<string>().Length;
            data.Add(new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = Convert.ToBase64String(VectorOf(length, dimensions, int8)) });
        }

        // Out of order on purpose: the index counts.
        var shuffled = new JsonArray([.. data.Reverse().Select(item => item!.DeepClone())]);
        return new JsonObject { ["object"] = "list", ["data"] = shuffled, ["model"] = "m", ["usage"] = new JsonObject { ["prompt_tokens"] = texts.Count, ["total_tokens"] = texts.Count } };
    }

    private static byte[] VectorOf(int length, int dimensions, bool int8)
    {
        byte[] bytes = new byte[int8 ? dimensions : dimensions * sizeof(float)];
        int place = length % dimensions;
        if (int8) bytes[place] = 127;
        else BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(place * sizeof(float)), 3f);
        return bytes;
    }
}
