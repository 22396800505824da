using Microsoft.Extensions.AI;

namespace Refrain.Embeddings;

/// <summary>An embedder whose space has the threshold that a calibration found.</summary>
public sealed class CalibratedEmbeddingGenerator : DelegatingEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingSpace _space;

    private CalibratedEmbeddingGenerator(IEmbeddingGenerator<string, Embedding<float>> inner, EmbeddingSpace space)
        : base(inner) => _space = space;

    /// <summary>Gives an embedder the threshold of a calibration.</summary>
    /// <param name="inner">An embedder that tells its space.</param>
    /// <param name="calibration">The calibration of that space.</param>
    /// <exception cref="ArgumentException">The calibration is of another space: its threshold would mean nothing.</exception>
    public static CalibratedEmbeddingGenerator Wrap(IEmbeddingGenerator<string, Embedding<float>> inner, CalibrationFile calibration)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(calibration);
        if (inner.GetService(typeof(EmbeddingSpace)) is not EmbeddingSpace space) throw new ArgumentException("The embedder does not tell its space.", nameof(inner));
        if (!calibration.IsAbout(space))
        {
            throw new ArgumentException(
                $"The calibration is of {calibration.Model} ({calibration.Dimensions}, \"{calibration.Revision}\", \"{calibration.Variant}\"), the embedder is {space.Model} ({space.Dimensions}, \"{space.Revision}\", \"{space.Variant}\"). Calibrate again.",
                nameof(calibration));
        }

        return new CalibratedEmbeddingGenerator(inner, space with { SimilarityThreshold = calibration.SimilarityThreshold });
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(EmbeddingSpace) ? _space : base.GetService(serviceType, serviceKey);
}
