using System.IO.Compression;
using System.Text;

namespace Refrain.Gateway.Tests;

public sealed class PromptFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_text_file_holds_a_question_a_line_and_empty_lines_are_none()
    {
        string path = _directory.File("a.txt", "first\n\n  \nsecond\r\nthird");
        Assert.Equal([new Prompt("first", null), new Prompt("second", null), new Prompt("third", null)], await ReadAsync(path));
    }

    [Fact]
    public async Task A_table_is_read_by_the_names_in_its_header()
    {
        string path = _directory.File("a.tsv", "id\tgroup\ttext\n1\tcards\tWhere is my card?\n2\t\tHello\n");
        Assert.Equal([new Prompt("Where is my card?", "cards"), new Prompt("Hello", null)], await ReadAsync(path));
    }

    [Fact]
    public async Task A_table_can_be_told_which_columns_to_take()
    {
        string path = _directory.File("a.tsv", "text\tbody\ttopic\nno\tyes\tt1\n");
        Assert.Equal([new Prompt("yes", "t1")], await ReadAsync(path, "body", "topic"));
    }

    [Fact]
    public async Task A_line_of_json_is_a_string_an_object_or_a_chat()
    {
        string path = _directory.File("a.jsonl", """
            "plain"
            {"prompt":"with group","intent":"g"}
            {"messages":[{"role":"user","content":"old"},{"role":"assistant","content":"x"},{"role":"user","content":"latest"}],"label":3}
            """);
        Assert.Equal([new Prompt("plain", null), new Prompt("with group", "g"), new Prompt("latest", "3")], await ReadAsync(path));
    }

    [Theory]
    [InlineData("a.tsv.gz")]
    [InlineData("named-as-if-it-were-plain.tsv")]
    public async Task A_gzipped_file_is_known_by_its_bytes(string name)
    {
        string path = Path.Combine(_directory.Path, name);
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("text\tgroup\nquestion\tg\n"), TestContext.Current.CancellationToken);
        Assert.Equal([new Prompt("question", "g")], await ReadAsync(path));
    }

    [Fact]
    public async Task Progress_goes_from_nothing_to_all()
    {
        PromptFile file = PromptFile.Open(_directory.File("a.txt", string.Concat(Enumerable.Repeat("a question\n", 20_000))));
        Assert.Equal(0, file.Progress);
        int count = 0;
        await foreach (Prompt _ in file.ReadAsync(TestContext.Current.CancellationToken))
            count++;
        Assert.Equal(20_000, count);
        Assert.Equal(1, file.Progress);
    }

    [Theory]
    [InlineData("a.tsv", "id\tbody\n1\tx\n", "line 1: the header names no column text")]
    [InlineData("a.tsv", "id\ttext\n1\n", "line 2: expected 2 columns")]
    [InlineData("a.jsonl", "{\"text\":\"ok\"}\n{oops\n", "line 2: not JSON")]
    [InlineData("a.jsonl", "{\"other\":1}\n", "line 1: expected a string")]
    [InlineData("a.csv", "text\n", "must end in")]
    public async Task A_file_that_is_not_what_it_says_is_refused_with_its_line(string name, string content, string expected)
    {
        string path = _directory.File(name, content);
        PromptFileException e = await Assert.ThrowsAsync<PromptFileException>(() => ReadAsync(path));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused_and_so_is_a_damaged_archive()
    {
        string binary = Path.Combine(_directory.Path, "a.txt");
        await File.WriteAllBytesAsync(binary, [0x41, 0xFF, 0xFE, 0x41], TestContext.Current.CancellationToken);
        Assert.Contains("not UTF-8", (await Assert.ThrowsAsync<PromptFileException>(() => ReadAsync(binary))).Message, StringComparison.Ordinal);

        string cut = Path.Combine(_directory.Path, "b.txt.gz");
        await File.WriteAllBytesAsync(cut, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], TestContext.Current.CancellationToken);
        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<PromptFileException>(() => ReadAsync(cut))).Message, StringComparison.Ordinal);
    }

    private static async Task<List<Prompt>> ReadAsync(string path, string? text = null, string? group = null)
    {
        var prompts = new List<Prompt>();
        await foreach (Prompt prompt in PromptFile.Open(path, text, group).ReadAsync(TestContext.Current.CancellationToken))
            prompts.Add(prompt);
        return prompts;
    }
}
