using System.Text;

namespace Refrain.Embeddings.Tests;

public sealed class StaticTableEmbeddingGeneratorTests
{
    [Theory]
    [InlineData("F32", false)]
    [InlineData("F16", false)]
    [InlineData("BF16", false)]
    [InlineData("F32", true)]
    public void A_vector_is_the_mean_of_its_pieces_rows(string type, bool json)
    {
        using var files = new TableFiles(type, json: json);
        using StaticTableEmbeddingGenerator generator = Open(files);
        float[] vector = generator.Embed("Open the ACCOUNTS");

        Assert.Equal(Mean([14, 17, 15, 16], _ => 1), vector, Near);
    }

    [Fact]
    public void Rows_count_by_their_weights()
    {
        using var files = new TableFiles(weighted: true);
        using StaticTableEmbeddingGenerator generator = Open(files);
        Assert.Equal(Mean([14, 17, 15], TableFiles.WeightOf), generator.Embed("open the account"), Near);
    }

    [Theory]
    [InlineData("how do i learn c", "how do i learn c++")]
    [InlineData("how do i learn c++", "how do i learn c#")]
    [InlineData("5", "$5")]
    public void Signs_stay_apart(string a, string b)
    {
        using var files = new TableFiles();
        using StaticTableEmbeddingGenerator generator = Open(files);
        Assert.NotEqual(generator.Embed(a), generator.Embed(b));
    }

    [Fact]
    public void Texts_without_a_known_piece_are_near_no_other()
    {
        using var files = new TableFiles();
        using StaticTableEmbeddingGenerator generator = Open(files);
        float[] a = generator.Embed("xyzzy"), b = generator.Embed("plugh");
        Assert.InRange(a.Zip(b, (x, y) => x * y).Sum(), -0.7f, 0.7f);
        Assert.Equal(a, generator.Embed("xyzzy"));
    }

    [Fact]
    public void Its_space_is_told_by_the_tables_bytes_and_leaves_other_scripts_alone()
    {
        using var files = new TableFiles();
        using var weighted = new TableFiles(weighted: true);
        using StaticTableEmbeddingGenerator one = Open(files), again = Open(files), other = Open(weighted);
        EmbeddingSpace space = SpaceOf(one);

        Assert.Equal(space.Digest, SpaceOf(again).Digest);
        Assert.NotEqual(space.Revision, SpaceOf(other).Revision);
        Assert.True(space.Covers("Ça va? 5 €"));
        Assert.False(space.Covers("как дела"));
        Assert.False(space.Covers(new string('x', 2_001)));
    }

    [Fact]
    public void A_damaged_table_is_told_by_its_name()
    {
        using var files = new TableFiles();
        byte[] whole = File.ReadAllBytes(files.TablePath);
        byte[][] damaged =
        [
            [], whole[..7], whole[..40], whole[..^1], [.. Encoding.ASCII.GetBytes("this is no table at all")],
            [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], [.. BitConverter.GetBytes(long.MaxValue), .. whole[8..]],
        ];
        foreach (byte[] bytes in damaged)
        {
            File.WriteAllBytes(files.TablePath, bytes);
            Assert.Contains(files.TablePath, Assert.Throws<InvalidDataException>(() => Open(files)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_vocabulary_is_told()
    {
        using var files = new TableFiles();
        File.Delete(Path.Combine(files.Folder, "vocab.txt"));
        Assert.Contains("vocab.txt", Assert.Throws<FileNotFoundException>(() => Open(files)).Message, StringComparison.Ordinal);
    }

    private static readonly IEqualityComparer<float> Near = EqualityComparer<float>.Create((a, b) => Math.Abs(a - b) < 1e-5f, _ => 0);

    private static StaticTableEmbeddingGenerator Open(TableFiles files) => StaticTableEmbeddingGenerator.Open(new StaticTableOptions { TablePath = files.TablePath });

    private static EmbeddingSpace SpaceOf(StaticTableEmbeddingGenerator generator) => (EmbeddingSpace)generator.GetService(typeof(EmbeddingSpace))!;

    private static float[] Mean(int[] rows, Func<int, float> weight)
    {
        float[] sum = [.. Enumerable.Range(0, TableFiles.Dimensions).Select(column => rows.Sum(row => weight(row) * TableFiles.At(row, column)))];
        float length = MathF.Sqrt(sum.Sum(number => number * number));
        return [.. sum.Select(number => number / length)];
    }
}
