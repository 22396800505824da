using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace Refrain.Embeddings.Tests;

public sealed class EmbedderFactoryTests
{
    [Fact]
    public void Without_a_word_it_is_the_lexical_one()
    {
        using IEmbeddingGenerator<string, Embedding<float>> embedder = Create();
        Assert.IsType<LexicalEmbeddingGenerator>(embedder);
    }

    [Fact]
    public void Each_name_makes_its_embedder_with_its_settings()
    {
        using var files = new TableFiles();
        using IEmbeddingGenerator<string, Embedding<float>> voyage = Create(("REFRAIN_EMBEDDER", "Voyage"), ("VOYAGE_API_KEY", "k"), ("REFRAIN_VOYAGE_DIMENSIONS", "512"), ("REFRAIN_VOYAGE_INT8", "true"));
        using IEmbeddingGenerator<string, Embedding<float>> openai = Create(("REFRAIN_EMBEDDER", "openai"), ("REFRAIN_OPENAI_EMBEDDING_MODEL", "m"), ("REFRAIN_OPENAI_EMBEDDING_DIMENSIONS", "384"), ("REFRAIN_OPENAI_EMBEDDING_URL", "http://localhost:1/v1"));
        using IEmbeddingGenerator<string, Embedding<float>> table = Create(("REFRAIN_EMBEDDER", "static"), ("REFRAIN_STATIC_TABLE", files.TablePath));

        Assert.Equal((512, "input=none;dtype=int8"), (SpaceOf(Assert.IsType<VoyageEmbeddingGenerator>(voyage)).Dimensions, SpaceOf(voyage).Variant));
        Assert.Equal(384, SpaceOf(Assert.IsType<OpenAIEmbeddingGenerator>(openai)).Dimensions);
        Assert.Equal(64, SpaceOf(Assert.IsType<StaticTableEmbeddingGenerator>(table)).Dimensions);
    }

    [Theory]
    [InlineData("REFRAIN_EMBEDDER", "word2vec", "REFRAIN_EMBEDDER")]
    [InlineData("REFRAIN_EMBEDDER", "voyage", "REFRAIN_VOYAGE_API_KEY")]
    [InlineData("REFRAIN_EMBEDDER", "openai", "REFRAIN_OPENAI_EMBEDDING_MODEL")]
    [InlineData("REFRAIN_EMBEDDER", "static", "REFRAIN_STATIC_TABLE")]
    public void What_is_missing_is_told_by_its_name(string name, string value, string expected) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(() => Create((name, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("REFRAIN_VOYAGE_DIMENSIONS", "many")]
    [InlineData("REFRAIN_VOYAGE_DIMENSIONS", "100")]
    [InlineData("REFRAIN_VOYAGE_URL", "here")]
    [InlineData("REFRAIN_VOYAGE_INT8", "perhaps")]
    [InlineData("REFRAIN_VOYAGE_INPUT_TYPE", "both")]
    public void What_is_wrong_is_told_at_once_and_without_the_key(string name, string value)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Create(("REFRAIN_EMBEDDER", "voyage"), ("VOYAGE_API_KEY", "pa-secret"), (name, value)));
        Assert.Contains(name[..14], error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pa-secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_calibration_of_its_space_gives_the_threshold_and_one_of_another_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), $"refrain-calibration-{Guid.NewGuid():n}.json");
        try
        {
            EmbeddingSpace space = LexicalEmbeddingGenerator.Space;
            var calibration = new CalibrationFile { Model = space.Model, Revision = space.Revision, Dimensions = space.Dimensions, SimilarityThreshold = 0.77f };
            calibration.Write(path);
            using IEmbeddingGenerator<string, Embedding<float>> embedder = Create(("REFRAIN_CALIBRATION", path));
            Assert.Equal(0.77f, SpaceOf(embedder).SimilarityThreshold);
            Assert.Equal(space.Digest, SpaceOf(embedder).Digest);
            Assert.False(SpaceOf(embedder).Covers("?"));

            (calibration with { Revision = "another" }).Write(path);
            Assert.Contains("Calibrate again", Assert.Throws<ArgumentException>(() => Create(("REFRAIN_CALIBRATION", path))).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static EmbeddingSpace SpaceOf(IEmbeddingGenerator<string, Embedding<float>> embedder) => (EmbeddingSpace)embedder.GetService(typeof(EmbeddingSpace))!;

    private static IEmbeddingGenerator<string, Embedding<float>> Create(params (string Name, string Value)[] settings) =>
        EmbedderFactory.Create(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}
