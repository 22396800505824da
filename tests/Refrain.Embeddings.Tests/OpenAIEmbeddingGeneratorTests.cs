using Microsoft.Extensions.AI;

namespace Refrain.Embeddings.Tests;

public sealed class OpenAIEmbeddingGeneratorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Texts_come_back_as_unit_vectors_in_their_order()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        using OpenAIEmbeddingGenerator generator = Make(server, 256);
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["a", "bb"], cancellationToken: Cancellation);

        Assert.Equal([1f, 1f], embeddings.Select(embedding => embedding.Vector.Span[embedding.Vector.Span.IndexOfAnyExcept(0f)]));
        Assert.Equal("m", Assert.Single(server.Requests)["model"]!.GetValue<string>());
    }

    [Fact]
    public async Task Another_dimension_than_configured_is_told()
    {
        await using EmbeddingServer server = await EmbeddingServer.StartAsync();
        using OpenAIEmbeddingGenerator generator = Make(server, 128);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Contains("256 numbers where 128", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_tells_its_space()
    {
        using var generator = new OpenAIEmbeddingGenerator(new OpenAIEmbeddingOptions { Model = "m", Dimensions = 384, SimilarityThreshold = 0.9f });
        var space = (EmbeddingSpace)generator.GetService(typeof(EmbeddingSpace))!;
        Assert.Equal(("m", 384, 0.9f), (space.Model, space.Dimensions, space.SimilarityThreshold!.Value));
        Assert.False(space.Covers(new string('x', 8_192)));
    }

    private static OpenAIEmbeddingGenerator Make(EmbeddingServer server, int dimensions) => new(new OpenAIEmbeddingOptions
    {
        Model = "m",
        Dimensions = dimensions,
        ApiKey = EmbeddingServer.Key,
        Endpoint = new Uri(server.Address, "/v1"),
    });
}
