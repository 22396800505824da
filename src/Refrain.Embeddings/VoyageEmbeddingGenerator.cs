using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Refrain.Embeddings;

/// <summary>Embeddings from Voyage AI over HTTP: batched, within the account's rates, never cut.</summary>
public sealed class VoyageEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int ErrorLengthMax = 500;

    /// <summary>Bytes a token, at least, in ordinary text: estimates must rather be too high.</summary>
    private const int BytesPerToken = 3;

    private readonly VoyageOptions _options;
    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _places;
    private readonly RateBudget _requests;
    private readonly RateBudget _tokens;
    private readonly EmbeddingSpace _space;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private long _pausedUntil = long.MinValue;

    /// <summary>Makes a generator; nothing is sent yet.</summary>
    /// <param name="options">Key, model, limits.</param>
    /// <param name="http">The client to send with; the caller keeps it. Null: one of its own.</param>
    /// <param name="time">The clock. Null: the system's.</param>
    /// <param name="logger">Told of retries; never of texts or the key.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    public VoyageEmbeddingGenerator(VoyageOptions options, HttpClient? http = null, TimeProvider? time = null, ILogger<VoyageEmbeddingGenerator>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _ownsHttp = http is null;
        _http = http ?? new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<VoyageEmbeddingGenerator>.Instance;
        _places = new SemaphoreSlim(options.ConcurrencyMax);
        _requests = new RateBudget(options.RequestsPerMinute, _time);
        _tokens = new RateBudget(options.TokensPerMinute, _time);
        _metadata = new EmbeddingGeneratorMetadata("voyageai", options.Endpoint, options.Model, options.Dimensions);
        _space = new WindowedSpace
        {
            Model = options.Model,
            Dimensions = options.Dimensions,
            Variant = $"input={options.InputType ?? "none"};dtype={(options.Quantized ? "int8" : "float")}",
            SimilarityThreshold = options.SimilarityThreshold,
            TextBytesMax = options.TextBytesMax,
        };
    }

    /// <inheritdoc/>
    /// <exception cref="HttpRequestException">The service refused or could not be reached; the message says why, in its own words.</exception>
    /// <exception cref="TimeoutException">No answer came within <see cref="VoyageOptions.Timeout"/>.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        string[] texts = [.. values];
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            VoyageAnswer[] answers = await Task.WhenAll(Batches(texts).Select(batch => EmbedAsync(batch, linked.Token))).ConfigureAwait(false);
            return Collect(answers);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Voyage AI gave no answer within {_options.Timeout.TotalSeconds:0.###} s.", error);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingSpace)) return _space;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return _metadata;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Closes the connections that are its own.</summary>
    public void Dispose()
    {
        if (_ownsHttp) _http.Dispose();
        _places.Dispose();
    }

    /// <summary>Whether a fault of the service makes all wait.</summary>
    internal bool IsPaused => Interlocked.Read(ref _pausedUntil) > _time.GetUtcNow().Ticks;

    private IEnumerable<ArraySegment<string>> Batches(string[] texts)
    {
        int start = 0, tokens = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            int more = TokensOf(texts[i]);
            if (i > start && (i - start == _options.BatchCountMax || tokens + more > _options.BatchTokensMax))
            {
                yield return new ArraySegment<string>(texts, start, i - start);
                (start, tokens) = (i, 0);
            }

            tokens += more;
        }

        if (start < texts.Length) yield return new ArraySegment<string>(texts, start, texts.Length - start);
    }

    private static int TokensOf(string text) => 1 + (Encoding.UTF8.GetByteCount(text) / BytesPerToken);

    private async Task<VoyageAnswer> EmbedAsync(ArraySegment<string> texts, CancellationToken cancellation)
    {
        int tokens = texts.Sum(TokensOf);
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                await PauseAsync(cancellation).ConfigureAwait(false);
                await _requests.TakeAsync(1, cancellation).ConfigureAwait(false);
                await _tokens.TakeAsync(tokens, cancellation).ConfigureAwait(false);
                VoyageAnswer? answer = await TryAsync(texts, attempt, cancellation).ConfigureAwait(false);
                if (answer is null) continue;
                if (answer.Usage is { } usage) _tokens.Correct(usage.TotalTokens - tokens);
                return answer;
            }
        }
        finally
        {
            _places.Release();
        }
    }

    // Null: to be tried again, not before the pause is over.
    private async Task<VoyageAnswer?> TryAsync(ArraySegment<string> texts, int attempt, CancellationToken cancellation)
    {
        bool last = attempt >= _options.RetryCountMax;
        try
        {
            using HttpRequestMessage request = RequestFor(texts);
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return await ReadAsync(response, texts.Count, cancellation).ConfigureAwait(false);

            TimeSpan wait = WaitAfter(response, attempt);
            bool mayPass = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;
            if (last || !mayPass || wait >= _options.Timeout) throw await ErrorAsync(response, wait, cancellation).ConfigureAwait(false);
            Pause(wait);
            VoyageLog.Retry(_logger, (int)response.StatusCode, wait.TotalMilliseconds, attempt + 1);
            return null;
        }
        catch (HttpRequestException error) when (error.StatusCode is null && !last)
        {
            TimeSpan wait = Backoff(attempt);
            Pause(wait);
            VoyageLog.Broken(_logger, error.HttpRequestError, wait.TotalMilliseconds, attempt + 1);
            return null;
        }
    }

    private HttpRequestMessage RequestFor(ArraySegment<string> texts)
    {
        var body = new VoyageRequest
        {
            Input = texts,
            Model = _options.Model,
            InputType = _options.InputType,
            Truncation = false,
            OutputDimension = _options.Dimensions,
            OutputDtype = _options.Quantized ? "int8" : "float",
        };
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, VoyageJson.Default.VoyageRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, _options.Endpoint) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.ApiKey);
        return request;
    }

    private static async Task<VoyageAnswer> ReadAsync(HttpResponseMessage response, int count, CancellationToken cancellation)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            VoyageAnswer? answer;
            try
            {
                answer = await JsonSerializer.DeserializeAsync(body, VoyageJson.Default.VoyageAnswer, cancellation).ConfigureAwait(false);
            }
            catch (JsonException error)
            {
                throw new HttpRequestException($"Voyage AI answered with what is no valid JSON: {error.Message}", error, response.StatusCode);
            }

            if (answer?.Data?.Count == count) return answer;
            throw new HttpRequestException($"Voyage AI answered with {answer?.Data?.Count ?? 0} embeddings for {count} texts.", null, response.StatusCode);
        }
    }

    private GeneratedEmbeddings<Embedding<float>> Collect(VoyageAnswer[] answers)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        foreach (VoyageAnswer answer in answers)
        {
            tokens += answer.Usage?.TotalTokens ?? 0;
            int expected = 0;
            foreach (VoyageItem item in answer.Data!.OrderBy(item => item.Index))
            {
                if (item.Index != expected++) throw new HttpRequestException("Voyage AI answered with an index twice, or with one that was not asked for.");
                embeddings.Add(new Embedding<float>(Decode(item)) { ModelId = _options.Model });
            }
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    private float[] Decode(VoyageItem item)
    {
        try
        {
            return VectorDecoder.Read(item.Embedding, _options.Dimensions, _options.Quantized);
        }
        catch (InvalidDataException error)
        {
            throw new HttpRequestException($"Voyage AI answered with what is no embedding: {error.Message}.", error);
        }
    }

    // The service's own words, cut to a readable length. They quote no key: it is sent in a header only.
    private static async Task<HttpRequestException> ErrorAsync(HttpResponseMessage response, TimeSpan wait, CancellationToken cancellation)
    {
        string body = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        string detail = ErrorText.Of(body, ErrorLengthMax);
        string later = response.StatusCode == HttpStatusCode.TooManyRequests ? $" Try again in {wait.TotalSeconds:0.#} s." : "";
        return new HttpRequestException($"Voyage AI refused the request ({(int)response.StatusCode} {response.StatusCode}): {detail}{later}", null, response.StatusCode);
    }

    private TimeSpan WaitAfter(HttpResponseMessage response, int attempt) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => Backoff(attempt),
    };

    private static TimeSpan Backoff(int attempt) => TimeSpan.FromMilliseconds(100 * (1 << Math.Min(attempt, 6)));

    // One 429 is for all who share the key.
    private void Pause(TimeSpan wait)
    {
        long until = _time.GetUtcNow().Ticks + wait.Ticks;
        long known = Interlocked.Read(ref _pausedUntil);
        while (until > known)
        {
            long seen = Interlocked.CompareExchange(ref _pausedUntil, until, known);
            if (seen == known) return;
            known = seen;
        }
    }

    private async ValueTask PauseAsync(CancellationToken cancellation)
    {
        while (Interlocked.Read(ref _pausedUntil) is var until && until > _time.GetUtcNow().Ticks)
        {
            await Task.Delay(TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, until - _time.GetUtcNow().Ticks)), _time, cancellation).ConfigureAwait(false);
        }
    }
}
