using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using OpenAI;

namespace Refrain.Chat.Tests;

/// <summary>A provider behind HTTP, on the OpenAI wire, that misbehaves as told. Its clients are the official ones, without retries of their own.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _calls;

    private ScriptedServer(WebApplication application) => _application = application;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What the n-th call, from 1, meets.</summary>
    public Func<int, WireFault> Fault { get; set; } = static _ => WireFault.None;

    public static async Task<ScriptedServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        var server = new ScriptedServer(application);
        application.MapPost("/v1/chat/completions", (RequestDelegate)server.AnswerAsync);
        await application.StartAsync();
        return server;
    }

    public IChatClient Client()
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(_application.Urls.First() + "/v1"), RetryPolicy = new ClientRetryPolicy(0) };
        return new OpenAIClient(new ApiKeyCredential("test"), options).GetChatClient("model-a").AsIChatClient();
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        int call = Interlocked.Increment(ref _calls);
        WireFault fault = Fault(call);
        using var body = new StreamReader(context.Request.Body);
        bool streamed = (await body.ReadToEndAsync()).Contains("\"stream\":true", StringComparison.Ordinal);
        switch (fault)
        {
            case WireFault.Limited:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "1";
                return;
            case WireFault.Down:
                context.Response.StatusCode = 503;
                return;
            case WireFault.Unauthorized:
                context.Response.StatusCode = 401;
                return;
            case WireFault.BadRequest:
                context.Response.StatusCode = 400;
                return;
            case WireFault.Silent:
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                return;
        }

        if (streamed) await StreamAsync(context, call, fault);
        else await context.Response.WriteAsync($$$$"""
            {"id":"r","object":"chat.completion","created":1,"model":"model-a","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"answer {{{{call}}}}"}}],
            "usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}
            """);
    }

    private static async Task StreamAsync(HttpContext context, int call, WireFault fault)
    {
        context.Response.ContentType = "text/event-stream";
        string[] words = ["answer", $" {call}", " of", " five", " words"];
        for (int i = 0; i < words.Length; i++)
        {
            if (i == 3 && fault == WireFault.Breaks)
            {
                context.Abort();
                return;
            }

            if (i == 3 && fault == WireFault.ClosesEarly) return;
            if (i == 3 && fault == WireFault.Malformed) await WriteAsync("{\"choices\":[{\"delta\":");
            await WriteAsync(Chunk(words[i], "null"));
        }

        await WriteAsync(Chunk("", "\"stop\""));
        await WriteAsync("[DONE]");

        static string Chunk(string text, string end) =>
            $$$$"""{"id":"r","object":"chat.completion.chunk","created":1,"model":"model-a","choices":[{"index":0,"delta":{"content":"{{{{text}}}}"},"finish_reason":{{{{end}}}} }]}""";

        async Task WriteAsync(string data)
        {
            await context.Response.WriteAsync($"data: {data}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }
}
