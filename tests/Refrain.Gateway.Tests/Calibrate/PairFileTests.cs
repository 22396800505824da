using System.IO.Compression;
using System.Text;

namespace Refrain.Gateway.Tests;

public sealed class PairFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("refrain-pairs-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("p.tsv", "id\tlabel\ttext_a\ttext_b\n1\t1\ta, b\tc\n2\t0\td\te\n")]
    [InlineData("p.csv", "text_a,text_b,label\n\"a, b\",c,true\nd,e,false\n")]
    [InlineData("p.jsonl", "{\"text_a\":\"a, b\",\"text_b\":\"c\",\"label\":1}\n\n{\"question1\":\"d\",\"question2\":\"e\",\"is_duplicate\":false}\n")]
    public async Task Pairs_are_read_from_each_format_gzipped_or_not(string name, string content)
    {
        LabelledPair[] expected = [new("a, b", "c", true), new("d", "e", false)];
        Assert.Equal(expected, await ReadAsync(name, Encoding.UTF8.GetBytes(content)));
        Assert.Equal(expected, await ReadAsync(name + ".gz", Zipped(content)));
    }

    [Theory]
    [InlineData("p.csv", "\uFEFFTEXT_A;Text_B;Label\r\n\r\n\"a, b\";c;YES\r\n  \r\nd;e;No\r\n")]
    [InlineData("p.csv", "label,text_a,text_b\ny,\"a, b\",c\nn,d,e")]
    [InlineData("p.csv", "text_a\ttext_b\tlabel\na, b\tc\t1.0\nd\te\t0.0\n")]
    [InlineData("p.tsv", "\uFEFFprompt_a\tprompt_b\tvalid\textra\n\na, b\tc\tt\n\t\t\nd\te\tf\tx\ty\n")]
    public async Task A_file_as_people_have_it_is_read_all_the_same(string name, string content)
    {
        LabelledPair[] expected = [new("a, b", "c", true), new("d", "e", false)];
        Assert.Equal(expected, await ReadAsync(name, Encoding.UTF8.GetBytes(content)));
    }

    [Fact]
    public async Task A_quoted_cell_holds_line_ends_and_a_stray_quote_is_a_sign()
    {
        const string Content = "text_a,text_b,label\n\"one\ntwo \"\"x\"\"\",a 5\" screen,1\n";
        Assert.Equal([new LabelledPair("one\ntwo \"x\"", "a 5\" screen", true)], await ReadAsync("p.csv", Encoding.UTF8.GetBytes(Content)));
    }

    [Theory]
    [InlineData("p.csv", "text_a,text_b,label\n\"x,y,1\nz,w,0\n", "never closed")]
    [InlineData("p.tsv", "text_a\ttext_b\nx\ty\n", "line 1")]
    [InlineData("p.tsv", "text_a\ttext_b\tlabel\nx\ty\n", "line 2")]
    [InlineData("p.tsv", "text_a\ttext_b\tlabel\nx\ty\tperhaps\n", "perhaps")]
    [InlineData("p.jsonl", "{\"text_a\":\"x\"}\n", "line 1")]
    [InlineData("p.jsonl", "nonsense\n", "not JSON")]
    [InlineData("p.xlsx", "", ".tsv")]
    [InlineData("p.tsv.gz", "not zipped", "damaged")]
    public async Task What_is_wrong_with_a_file_is_told_with_its_line(string name, string content, string expected)
    {
        PromptFileException error = await Assert.ThrowsAsync<PromptFileException>(() => ReadAsync(name, Encoding.UTF8.GetBytes(content)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b", new[] { "a", "b" })]
    [InlineData("\"a,\"\"b\"\"\",", new[] { "a,\"b\"", "" })]
    [InlineData("", new[] { "" })]
    public void A_line_of_comma_separated_values_is_split(string line, string[] expected) => Assert.Equal(expected, CsvLine.Split(line, ',', out _));

    private async Task<LabelledPair[]> ReadAsync(string name, byte[] content)
    {
        string path = Path.Combine(_folder.FullName, name);
        await File.WriteAllBytesAsync(path, content, Cancellation);
        var pairs = new List<LabelledPair>();
        await foreach (LabelledPair pair in PairFile.ReadAsync(path, null, Cancellation)) pairs.Add(pair);
        return [.. pairs];
    }

    private static byte[] Zipped(string content)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionMode.Compress)) gzip.Write(Encoding.UTF8.GetBytes(content));
        return bytes.ToArray();
    }
}
