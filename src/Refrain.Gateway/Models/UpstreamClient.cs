using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>
/// Asks an OpenAI-compatible server. It sends the body that the caller wrote (see <see cref="WireUpstreamBody"/>) and keeps all that comes back,
/// known or not. It tries once: trying again is the router's.
/// </summary>
internal sealed class UpstreamClient : IChatClient
{
    /// <summary>An answer that is longer is not taken: nothing that a server sends may fill the memory.</summary>
    internal const int AnswerBytesMax = 64 * 1024 * 1024;

    private const int ErrorBytesMax = 64 * 1024;

    private readonly HttpClient _http;
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;

    /// <param name="http">Made by <see cref="CreateHttp"/>. Disposed with the client.</param>
    /// <param name="options">Which server.</param>
    /// <param name="time">The clock of the time limit.</param>
    public UpstreamClient(HttpClient http, UpstreamOptions options, TimeProvider time)
    {
        _http = http;
        _options = options;
        _time = time;
    }

    /// <summary>An HTTP client that follows no redirect, because a redirect would carry the key elsewhere, and keeps no cookies.</summary>
    public static HttpClient CreateHttp() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        AutomaticDecompression = DecompressionMethods.All,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        WireRequest request = RequestOf(options);
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage answer = await AskAsync(request, options, stream: false, linked.Token).ConfigureAwait(false);
            JsonElement root = await ReadJsonAsync(answer, linked.Token).ConfigureAwait(false);
            if (root.Property("error") is { } error)
                throw Refused(HttpStatusCode.BadGateway, error.GetRawText(), retryAfter: null);
            return WireAnswerReader.Read(root);
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw Failure(e, limit.Token);
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await using IAsyncEnumerator<ChatResponseUpdate> updates = StreamAsync(options, linked.Token).GetAsyncEnumerator(CancellationToken.None);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (Exception e) when (IsFailure(e, cancellationToken))
            {
                throw Failure(e, limit.Token);
            }
            yield return updates.Current;
        }
    }

    /// <summary>The server's list of models, as it sends it.</summary>
    /// <param name="callerKey">The caller's key, for a server without a configured one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="UpstreamException">The server failed or refused.</exception>
    public async Task<JsonElement> GetModelsAsync(Secret callerKey, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, Below("models"));
            Authorize(message, callerKey);
            using HttpResponseMessage answer = await SendAsync(message, linked.Token).ConfigureAwait(false);
            JsonElement models = await ReadJsonAsync(answer, linked.Token).ConfigureAwait(false);
            WireJson.RequireText(models);
            return models;
        }
        catch (Exception e) when (IsFailure(e, cancellation))
        {
            throw Failure(e, limit.Token);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return new ChatClientMetadata(_options.Name, _options.Url, _options.Model);
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose() => _http.Dispose();

    private static WireRequest RequestOf(ChatOptions? options) =>
        options?.RawRepresentationFactory?.Invoke(null!) as WireRequest
        ?? throw new InvalidOperationException($"{nameof(UpstreamClient)} sends only requests that came in over the wire: the options hold no {nameof(WireRequest)}.");

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await AskAsync(RequestOf(options), options, stream: true, cancellation).ConfigureAwait(false);
        if (answer.Content.Headers.ContentType?.MediaType is not "text/event-stream")
            throw new FormatException($"It was asked for a stream and answered with {answer.Content.Headers.ContentType?.MediaType ?? "no content type"}.");
        await using Stream body = await BodyAsync(answer, AnswerBytesMax, cancellation).ConfigureAwait(false);
        var reader = new WireChunkReader();
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            if (item.Data == "[DONE]")
                yield break;
            if (item.Data.Length == 0)
                continue;
            JsonElement chunk = JsonElement.Parse(item.Data);
            if (chunk.Property("error") is { } error)
                throw Refused(HttpStatusCode.BadGateway, error.GetRawText(), retryAfter: null);
            yield return reader.Read(chunk);
        }
        throw new FormatException("Its stream ended without the mark of the end.");
    }

    private async Task<HttpResponseMessage> AskAsync(WireRequest request, ChatOptions? options, bool stream, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Below("chat/completions"))
        {
            Content = new ReadOnlyMemoryContent(WireUpstreamBody.Write(request, _options.Model ?? options?.ModelId ?? request.Model, stream))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        Authorize(message, request.CallerKey);
        return await SendAsync(message, cancellation).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        HttpResponseMessage answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.OK)
            return answer;
        using (answer)
        {
            if ((int)answer.StatusCode is >= 300 and < 400)
                throw new UpstreamException($"The upstream {_options.Name} answered with a redirect ({(int)answer.StatusCode}); redirects are not followed. Configure the address it leads to.", HttpStatusCode.BadGateway);
            string? error = await ReadErrorAsync(answer, cancellation).ConfigureAwait(false);
            throw Refused(answer.StatusCode, error, RetryAfterOf(answer));
        }
    }

    private Uri Below(string path) => new(_options.Url.AbsoluteUri.TrimEnd('/') + "/" + path);

    private void Authorize(HttpRequestMessage message, Secret callerKey)
    {
        Secret key = _options.Key.IsSet ? _options.Key : callerKey;
        if (key.IsSet)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Reveal());
    }

    private UpstreamException Refused(HttpStatusCode status, string? error, TimeSpan? retryAfter)
    {
        string? told = error is null || !_options.Key.IsSet ? error : error.Replace(_options.Key.Reveal(), "(secret)", StringComparison.Ordinal);
        return new UpstreamException($"The upstream {_options.Name} answered {(int)status}.", status, told, retryAfter);
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
        _ => null,
    };

    /// <summary>The error object of a refusal, if the body holds one.</summary>
    private static async Task<string?> ReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            await using Stream body = await BodyAsync(answer, ErrorBytesMax, cancellation).ConfigureAwait(false);
            using JsonDocument document = await JsonDocument.ParseAsync(body, cancellationToken: cancellation).ConfigureAwait(false);
            return document.RootElement.Property("error")?.GetRawText();
        }
        catch (Exception e) when (e is JsonException or IOException or FormatException)
        {
            // The status says enough; a proxy's HTML page adds nothing.
            return null;
        }
    }

    private static async Task<JsonElement> ReadJsonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        await using Stream body = await BodyAsync(answer, AnswerBytesMax, cancellation).ConfigureAwait(false);
        using JsonDocument document = await JsonDocument.ParseAsync(body, cancellationToken: cancellation).ConfigureAwait(false);
        return document.RootElement.Clone();
    }

    private static async Task<Stream> BodyAsync(HttpResponseMessage answer, int bytesMax, CancellationToken cancellation)
    {
        long total = 0;
        return new CountingStream(await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), count =>
        {
            total += count;
            if (total > bytesMax)
                throw new FormatException($"Its answer is longer than {bytesMax} bytes.");
        });
    }

    /// <summary>Whether this is the upstream's failure, told in another way than ours: the caller's own cancellation is not.</summary>
    private static bool IsFailure(Exception e, CancellationToken caller) => e switch
    {
        UpstreamException => false,
        OperationCanceledException => !caller.IsCancellationRequested,
        HttpRequestException or IOException or JsonException or FormatException => true,
        _ => false,
    };

    private UpstreamException Failure(Exception e, CancellationToken limit) => e switch
    {
        OperationCanceledException when limit.IsCancellationRequested =>
            new UpstreamException($"The upstream {_options.Name} did not finish within {_options.Timeout.TotalSeconds:0} s.", HttpStatusCode.GatewayTimeout, inner: e),
        JsonException or FormatException =>
            new UpstreamException($"The upstream {_options.Name} sent something that is no answer. {e.Message}", HttpStatusCode.BadGateway, inner: e),
        _ => new UpstreamException($"The upstream {_options.Name} cannot be reached or broke off: {e.Message}", HttpStatusCode.BadGateway, inner: e),
    };
}
