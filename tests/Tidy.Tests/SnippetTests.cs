namespace Tidy.Tests;

public sealed class SnippetTests
{
    [Fact]
    public async Task Every_snippet_of_the_documents_compiles_and_runs()
    {
        List<string> complaints = [];
        foreach (string path in Snippet.Documents())
            complaints.AddRange(await SnippetProgram.ComplaintsAsync(Snippet.ReadAll(path, House.Read(path)), TestContext.Current.CancellationToken));
        Complaints.None(complaints);
    }

    [Theory]
    [InlineData("```csharp\nint one = \"one\";\n```\n", "CS0029")]
    [InlineData("```csharp\nRefrain.NoSuchType? nothing = null;\n```\n", "CS0234")]
    [InlineData("```csharp norun\nint one = \"one\";\n```\n", "CS0029")]
    [InlineData("```csharp\nthrow new InvalidOperationException(\"planted\");\n```\n", "planted")]
    [InlineData("```csharp\nreturn 3;\n```\n", "exit code 3")]
    [InlineData("```csharp perhaps\nreturn;\n```\n", "nobody knows the mark 'perhaps'")]
    [InlineData("```csharp\nint one = 1;\n```\n\n```csharp\nreturn one;\n```\n", "CS0103")]
    public async Task A_snippet_that_does_not_work_is_rejected(string markdown, string saying) =>
        Complaints.Rejects(await SnippetProgram.ComplaintsAsync(Snippet.ReadAll("README.md", markdown), TestContext.Current.CancellationToken), saying);

    [Theory]
    [InlineData("```csharp\nusing Refrain;\n\nHitPolicy policy = HitPolicy.Default;\nreturn policy.Semantic ? 0 : 1;\n```\n")]
    [InlineData("```csharp\nint zero = 0;\n```\n\n```csharp continued\nusing System.Text;\n\n_ = Encoding.UTF8;\nreturn zero;\n```\n")]
    [InlineData("```csharp norun\nthrow new InvalidOperationException();\n```\n")]
    public async Task A_snippet_that_works_is_allowed(string markdown) =>
        Complaints.None(await SnippetProgram.ComplaintsAsync(Snippet.ReadAll("README.md", markdown), TestContext.Current.CancellationToken));
}
