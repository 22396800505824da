using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Refrain.Gateway.Tests;

/// <summary>An HTTP server that does what a test tells it, and remembers what it was asked.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedUpstream(WebApplication app) => _app = app;

    /// <summary>Where its API begins.</summary>
    public string Url => _app.Urls.First() + "/v1";

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<UpstreamCall> Calls { get; } = new();

    public static async Task<ScriptedUpstream> StartAsync(Func<UpstreamCall, HttpResponse, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var upstream = new ScriptedUpstream(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var call = new UpstreamCall(context.Request.Path, await reader.ReadToEndAsync(context.RequestAborted), context.Request.Headers.Authorization.ToString(), context.RequestAborted);
            upstream.Calls.Enqueue(call);
            await answer(call, context.Response);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return upstream;
    }

    /// <summary>One that answers every request with the same whole answer, or streams these chunks and then the mark of the end.</summary>
    public static Task<ScriptedUpstream> StartAsync(string whole, params string[] chunks) => StartAsync(async (call, response) =>
    {
        if (call.Body.Contains("\"stream\":true", StringComparison.Ordinal))
            await WriteEventsAsync(response, [.. chunks, "[DONE]"]);
        else
            await WriteJsonAsync(response, 200, whole);
    });

    public static async Task WriteJsonAsync(HttpResponse response, int status, string json)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        await response.WriteAsync(json);
    }

    public static async Task WriteEventsAsync(HttpResponse response, params string[] events)
    {
        response.ContentType = "text/event-stream";
        foreach (string data in events)
        {
            await response.WriteAsync($"data: {data}\n\n");
            await response.Body.FlushAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }
}
