using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Embeddings.Tests;

public sealed class VoyageEmbeddingGeneratorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Texts_come_back_as_unit_vectors_in_their_order(bool quantized)
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        using VoyageEmbeddingGenerator generator = Make(server, quantized: quantized);
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["a", "bb", "ccc"], cancellationToken: Cancellation);

        Assert.Equal([1, 2, 3], embeddings.Select(embedding => embedding.Vector.Span.IndexOf(1f)));
        Assert.Equal(3, embeddings.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task A_text_is_never_cut_and_both_sides_are_embedded_alike()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        using VoyageEmbeddingGenerator generator = Make(server);
        await generator.GenerateAsync(["a"], cancellationToken: Cancellation);

        JsonNode request = Assert.Single(server.Requests);
        Assert.False(request["truncation"]!.GetValue<bool>());
        Assert.Null(request["input_type"]);
        Assert.Equal("base64", request["encoding_format"]!.GetValue<string>());
        Assert.Equal(256, request["output_dimension"]!.GetValue<int>());
    }

    [Fact]
    public async Task Many_texts_go_in_batches_of_the_allowed_size()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        using VoyageEmbeddingGenerator generator = Make(server, batch: 4);
        string[] texts = [.. Enumerable.Range(1, 10).Select(length => new string('x', length))];
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts, cancellationToken: Cancellation);

        Assert.Equal([2, 4, 4], server.Requests.Select(request => request["input"]!.AsArray().Count).Order());
        Assert.Equal(Enumerable.Range(1, 10), embeddings.Select(embedding => embedding.Vector.Span.IndexOf(1f)));
    }

    [Fact]
    public async Task No_more_requests_are_under_way_than_allowed()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Gate = gate.Task;
        using VoyageEmbeddingGenerator generator = Make(server, batch: 1, concurrency: 2);
        Task<GeneratedEmbeddings<Embedding<float>>> all = generator.GenerateAsync(["a", "b", "c", "d", "e"], cancellationToken: Cancellation);
        while (server.Requests.Count < 2) await Task.Delay(5, Cancellation);
        gate.SetResult();

        Assert.Equal(5, (await all).Count);
        Assert.Equal(2, server.MostUnderWay);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_passing_fault_is_tried_again(int status)
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(status, "{}", retryAfter: "0"));
        using VoyageEmbeddingGenerator generator = Make(server);

        Assert.Single(await generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_broken_connection_is_tried_again()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Broken());
        using VoyageEmbeddingGenerator generator = Make(server);

        Assert.Single(await generator.GenerateAsync(["a"], cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Retry_After_is_waited_for_to_the_second()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(429, "{}", retryAfter: "7"));
        var time = new FakeTimeProvider();
        using VoyageEmbeddingGenerator generator = Make(server, time: time);
        Task<GeneratedEmbeddings<Embedding<float>>> call = generator.GenerateAsync(["a"], cancellationToken: Cancellation);
        await Until(() => server.Requests.Count == 1 && generator.IsPaused);

        time.Advance(TimeSpan.FromSeconds(6.9));
        await Task.Delay(50, Cancellation);
        Assert.Single(server.Requests);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Single(await call);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_Retry_After_beyond_the_deadline_fails_at_once()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(429, """{"detail":"You have exceeded your rate limit."}""", retryAfter: "3600"));
        using VoyageEmbeddingGenerator generator = Make(server);

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Equal(HttpStatusCode.TooManyRequests, error.StatusCode);
        Assert.Contains("exceeded your rate limit", error.Message, StringComparison.Ordinal);
        Assert.Contains("3600 s", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, """{"detail":"The input is too long."}""", "The input is too long.")]
    [InlineData(401, """{"detail":"Provided API key is invalid."}""", "Provided API key is invalid.")]
    [InlineData(400, """{"error":{"message":"no such model"}}""", "no such model")]
    [InlineData(403, "<html>denied   by\n proxy</html>", "denied by proxy")]
    [InlineData(422, "", "no reason was given")]
    public async Task A_refusal_is_readable_and_final(int status, string body, string expected)
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(status, body));
        using VoyageEmbeddingGenerator generator = Make(server);

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode)status, error.StatusCode);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"!!"}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"AAAA"}]}""")]
    [InlineData("""{"data":[{"index":5,"embedding":[1,2]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":{"a":1}}]}""")]
    public async Task An_answer_that_is_none_is_told_and_never_used(string body)
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(200, body));
        using VoyageEmbeddingGenerator generator = Make(server);

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.StartsWith("Voyage AI answered", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zero_vector_is_no_embedding()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Faults.Enqueue(EmbeddingServer.Status(200, $$"""{"data":[{"index":0,"embedding":"{{Convert.ToBase64String(new byte[1024])}}"}]}"""));
        using VoyageEmbeddingGenerator generator = Make(server);

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Contains("zero", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_hangs_costs_the_deadline_and_no_more()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Gate = Task.Delay(Timeout.Infinite, Cancellation);
        var time = new FakeTimeProvider();
        using VoyageEmbeddingGenerator generator = Make(server, time: time);
        Task<GeneratedEmbeddings<Embedding<float>>> call = generator.GenerateAsync(["a"], cancellationToken: Cancellation);
        await Until(() => !server.Requests.IsEmpty);
        time.Advance(TimeSpan.FromSeconds(11));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_heard()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        server.Gate = Task.Delay(Timeout.Infinite, Cancellation);
        using VoyageEmbeddingGenerator generator = Make(server);
        using var source = new CancellationTokenSource();
        Task<GeneratedEmbeddings<Embedding<float>>> call = generator.GenerateAsync(["a"], cancellationToken: source.Token);
        await Until(() => !server.Requests.IsEmpty);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task The_key_is_in_no_log_and_in_no_message()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        for (int i = 0; i < 3; i++) server.Faults.Enqueue(EmbeddingServer.Status(503, """{"detail":"later"}""", retryAfter: "0"));
        var log = new FakeLogger<VoyageEmbeddingGenerator>();
        using var generator = new VoyageEmbeddingGenerator(Options(server), logger: log);

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => generator.GenerateAsync(["a private text"], cancellationToken: Cancellation));
        IReadOnlyList<FakeLogRecord> records = log.Collector.GetSnapshot();
        Assert.Equal(2, records.Count);
        Assert.All([.. records.Select(record => record.ToString()), error.ToString()], text =>
        {
            Assert.DoesNotContain(EmbeddingServer.Key, text, StringComparison.Ordinal);
            Assert.DoesNotContain("private", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Its_space_tells_everything_that_a_vector_depends_on()
    {
        var plain = new VoyageOptions { ApiKey = "k" };
        using var generator = new VoyageEmbeddingGenerator(plain);
        using var quantized = new VoyageEmbeddingGenerator(new VoyageOptions { ApiKey = "k", Quantized = true });
        using var query = new VoyageEmbeddingGenerator(new VoyageOptions { ApiKey = "k", InputType = "query" });
        using var small = new VoyageEmbeddingGenerator(new VoyageOptions { ApiKey = "k", Dimensions = 512 });
        ulong[] digests = [.. new[] { generator, quantized, query, small }.Select(one => ((EmbeddingSpace)one.GetService(typeof(EmbeddingSpace))!).Digest)];

        Assert.Equal(4, digests.Distinct().Count());
        var space = (EmbeddingSpace)generator.GetService(typeof(EmbeddingSpace))!;
        Assert.True(space.Covers("A question"));
        Assert.False(space.Covers(new string('x', 32_001)));
        Assert.False(space.Covers(new string('一', 10_667)));
    }

    [Fact]
    public void An_invalid_option_is_named()
    {
        static string MessageOf(VoyageOptions options) => Assert.ThrowsAny<ArgumentException>(() => new VoyageEmbeddingGenerator(options)).Message;
        Assert.Contains("ApiKey", MessageOf(new VoyageOptions { ApiKey = " " }), StringComparison.Ordinal);
        Assert.Contains("Dimensions", MessageOf(new VoyageOptions { ApiKey = "k", Dimensions = 100 }), StringComparison.Ordinal);
        Assert.Contains("InputType", MessageOf(new VoyageOptions { ApiKey = "k", InputType = "both" }), StringComparison.Ordinal);
        Assert.Contains("BatchCountMax", MessageOf(new VoyageOptions { ApiKey = "k", BatchCountMax = 1001 }), StringComparison.Ordinal);
        Assert.Contains("Endpoint", MessageOf(new VoyageOptions { ApiKey = "k", Endpoint = new Uri("ftp://x") }), StringComparison.Ordinal);
    }

    private static VoyageEmbeddingGenerator Make(EmbeddingServer server, bool quantized = false, int batch = 128, int concurrency = 8, TimeProvider? time = null) =>
        new(Options(server, quantized, batch, concurrency), time: time);

    private static VoyageOptions Options(EmbeddingServer server, bool quantized = false, int batch = 128, int concurrency = 8) => new()
    {
        ApiKey = EmbeddingServer.Key,
        Endpoint = server.Address,
        Dimensions = 256,
        Quantized = quantized,
        BatchCountMax = batch,
        ConcurrencyMax = concurrency,
    };

    private static async Task Until(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(5, Cancellation);
    }
}
