namespace Tidy.Tests;

public sealed class WordTests
{
    [Fact]
    public void The_tree_holds_no_note_to_self_and_no_path_of_one_machine() =>
        Complaints.None(House.Files().Where(Words.IsText).SelectMany(path => Words.In(path, House.Read(path))));

    [Fact]
    public void No_code_is_commented_out() => Complaints.None(House.Sources.SelectMany(Words.CommentedOut));

    [Theory]
    [InlineData("see /wo" + "rk/main/src", "a path of one machine")]
    [InlineData("// TO" + "DO: later", "a note to self")]
    [InlineData("throw new NotImplemented" + "Exception();", "something is missing")]
    public void A_forbidden_word_is_rejected(string text, string saying) => Complaints.Rejects(Words.In("src/Planted.cs", text), saying);

    [Theory]
    [InlineData("class Planted\n{\n    // [Fact]\n    // public void A_test() { }\n}\n")]
    [InlineData("class Planted\n{\n    void Go()\n    {\n        // Call(1, 2);\n    }\n}\n")]
    [InlineData("class Planted\n{\n    void Go()\n    {\n        // int i = 1;\n    }\n}\n")]
    [InlineData("class Planted\n{\n    void Go()\n    {\n        // return value;\n    }\n}\n")]
    public void Code_in_a_comment_is_rejected(string source) => Complaints.Rejects(Words.CommentedOut(new("tests/Planted.cs", source)), "commented-out code");

    [Theory]
    [InlineData("// Two probes, not three: the third lost 9 %.")]
    [InlineData("// The caller owns it; nobody else may return it.")]
    [InlineData("// A hit (exact or not) is cheap; a miss is not;")]
    public void A_sentence_in_a_comment_is_allowed(string source) => Complaints.None(Words.CommentedOut(new("src/Planted.cs", source)));
}
