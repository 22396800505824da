using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;
using EmbeddingGenerationOptions = Microsoft.Extensions.AI.EmbeddingGenerationOptions;

namespace Refrain.Embeddings;

/// <summary>Embeddings from any endpoint that speaks OpenAI's protocol, with the space that a cache needs to know. Vectors have unit length, whatever the server sends.</summary>
public sealed class OpenAIEmbeddingGenerator : DelegatingEmbeddingGenerator<string, Embedding<float>>
{
    private readonly OpenAIEmbeddingOptions _options;
    private readonly EmbeddingSpace _space;

    /// <summary>Makes a generator; nothing is sent yet.</summary>
    /// <param name="options">Address, key, model.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    public OpenAIEmbeddingGenerator(OpenAIEmbeddingOptions options)
        : base(Connect(options))
    {
        _options = options;
        _space = new WindowedSpace
        {
            Model = options.Model,
            Dimensions = options.Dimensions,
            Variant = "openai",
            SimilarityThreshold = options.SimilarityThreshold,
            TextBytesMax = options.TextBytesMax,
        };
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The server sent vectors of another dimension, or of none.</exception>
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        GeneratedEmbeddings<Embedding<float>> sent = await base.GenerateAsync(values, options, cancellationToken).ConfigureAwait(false);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(sent.Count) { Usage = sent.Usage };
        foreach (Embedding<float> embedding in sent)
        {
            if (embedding.Vector.Length != _options.Dimensions)
                throw new InvalidDataException($"{_options.Model} sent {embedding.Vector.Length} numbers where {_options.Dimensions} were configured.");
            float[] vector = embedding.Vector.ToArray();
            VectorDecoder.Normalise(vector);
            embeddings.Add(new Embedding<float>(vector) { ModelId = _options.Model });
        }

        return embeddings;
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(EmbeddingSpace) ? _space : base.GetService(serviceType, serviceKey);

    private static IEmbeddingGenerator<string, Embedding<float>> Connect(OpenAIEmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var client = new EmbeddingClient(
            options.Model, new ApiKeyCredential(options.ApiKey), new OpenAIClientOptions { Endpoint = options.Endpoint, NetworkTimeout = options.Timeout });
        return client.AsIEmbeddingGenerator(options.SendsDimensions ? options.Dimensions : null);
    }
}
