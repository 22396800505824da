using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace Refrain.Embeddings.Onnx.Tests;

public sealed class OnnxEmbeddingGeneratorTests : IDisposable
{
    private const int Dimensions = 64;

    private static readonly string[] Vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "how", "do", "i", "learn", "c", "+", "#", "$", "5", "open", "account", "##s"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("refrain-onnx-");

    public OnnxEmbeddingGeneratorTests()
    {
        File.WriteAllLines(Path.Combine(_folder.FullName, "vocab.txt"), Vocabulary);
        File.WriteAllBytes(ModelPath, OnnxFile.Encoder(Vocabulary.Length, Dimensions, At));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ModelPath => Path.Combine(_folder.FullName, "model.onnx");

    public void Dispose() => _folder.Delete(recursive: true);

    // Texts of different lengths share batches: padding must not count.
    [Fact]
    public async Task A_vector_is_the_mean_of_its_own_tokens_in_any_batch()
    {
        using OnnxEmbeddingGenerator generator = Open(batch: 2);
        string[] texts = ["open accounts", "how", "how do i learn c", "$5", "c#"];
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts, cancellationToken: Cancellation);
        int[][] rows = [[2, 14, 15, 16, 3], [2, 5, 3], [2, 5, 6, 7, 8, 9, 3], [2, 12, 13, 3], [2, 9, 11, 3]];

        Assert.Equal(texts.Length, embeddings.Count);
        for (int i = 0; i < texts.Length; i++) Assert.Equal(Mean(rows[i]), embeddings[i].Vector.ToArray(), Near);
    }

    [Fact]
    public async Task The_first_token_alone_counts_where_the_model_wants_it_so()
    {
        using OnnxEmbeddingGenerator generator = Open(pooling: OnnxPooling.Cls);
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["open account"], cancellationToken: Cancellation);
        Assert.Equal(Mean([2]), embeddings[0].Vector.ToArray(), Near);
    }

    [Theory]
    [InlineData("learn c", "learn c++")]
    [InlineData("$5", "5")]
    public async Task Signs_stay_apart(string a, string b)
    {
        using OnnxEmbeddingGenerator generator = Open();
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync([a, b], cancellationToken: Cancellation);
        Assert.NotEqual(embeddings[0].Vector.ToArray(), embeddings[1].Vector.ToArray());
    }

    [Fact]
    public async Task A_text_beyond_the_window_is_not_covered_and_never_cut()
    {
        using OnnxEmbeddingGenerator generator = Open(tokens: 6);
        var space = (EmbeddingSpace)generator.GetService(typeof(EmbeddingSpace))!;

        Assert.True(space.Covers("how do i learn"));
        Assert.False(space.Covers("how do i learn c"));
        Assert.False(space.Covers("как"));
        await Assert.ThrowsAsync<InvalidDataException>(() => generator.GenerateAsync(["how do i learn c"], cancellationToken: Cancellation));
    }

    [Fact]
    public void Another_model_or_pooling_is_another_space()
    {
        using OnnxEmbeddingGenerator mean = Open(), cls = Open(pooling: OnnxPooling.Cls);
        File.WriteAllBytes(ModelPath, OnnxFile.Encoder(Vocabulary.Length, Dimensions, (row, column) => At(row, column) * 2));
        using OnnxEmbeddingGenerator other = Open();
        Assert.Equal(3, new[] { mean, cls, other }.Select(one => ((EmbeddingSpace)one.GetService(typeof(EmbeddingSpace))!).Digest).Distinct().Count());
    }

    [Fact]
    public void What_is_no_encoder_is_told_by_its_name()
    {
        File.WriteAllBytes(ModelPath, OnnxFile.Encoder(Vocabulary.Length, Dimensions, At, idsName: "tokens"));
        Assert.Contains("input_ids", Assert.Throws<InvalidDataException>(() => Open()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(ModelPath, OnnxFile.Encoder(Vocabulary.Length, 8, At));
        Assert.Contains("64 to 4096", Assert.Throws<InvalidDataException>(() => Open()).Message, StringComparison.Ordinal);
        File.WriteAllText(ModelPath, "no model");
        Assert.Contains(ModelPath, Assert.Throws<InvalidDataException>(() => Open()).Message, StringComparison.Ordinal);
        File.Delete(ModelPath);
        Assert.Throws<FileNotFoundException>(() => Open());
    }

    [Fact]
    public void Configuration_chooses_it_once_it_is_registered()
    {
        OnnxEmbeddingGenerator.Register();
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("REFRAIN_EMBEDDER", (string?)"onnx"), KeyValuePair.Create("REFRAIN_ONNX_MODEL", (string?)ModelPath)]).Build();
        using IEmbeddingGenerator<string, Embedding<float>> embedder = EmbedderFactory.Create(configuration);
        Assert.IsType<OnnxEmbeddingGenerator>(embedder);
    }

    private static readonly IEqualityComparer<float> Near = EqualityComparer<float>.Create((a, b) => Math.Abs(a - b) < 1e-5f, _ => 0);

    private static float At(int row, int column) => column == row ? 1 : column == row + 1 ? 2 : 0;

    private static float[] Mean(int[] rows)
    {
        float[] sum = [.. Enumerable.Range(0, Dimensions).Select(column => rows.Sum(row => At(row, column)))];
        float length = MathF.Sqrt(sum.Sum(number => number * number));
        return [.. sum.Select(number => number / length)];
    }

    private OnnxEmbeddingGenerator Open(int batch = 16, OnnxPooling pooling = OnnxPooling.Mean, int tokens = 512) => OnnxEmbeddingGenerator.Open(new OnnxOptions
    {
        ModelPath = ModelPath,
        BatchCountMax = batch,
        Pooling = pooling,
        TokensMax = tokens,
        ThreadCount = 1,
    });
}
