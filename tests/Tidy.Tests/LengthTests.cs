namespace Tidy.Tests;

public sealed class LengthTests
{
    [Fact]
    public void Files_and_methods_are_short_but_for_the_listed_ones() => Complaints.None(Lengths.In(House.Sources, House.Read(Lengths.ExceptionsPath)));

    [Fact]
    public void A_long_file_is_rejected() =>
        Complaints.Rejects(Lengths.In([FileOf(Lengths.FileLinesMax + 1)], ""), $"{Lengths.FileLinesMax + 1} lines, and {Lengths.FileLinesMax} are allowed");

    [Fact]
    public void A_file_of_just_the_length_is_allowed() => Complaints.None(Lengths.In([FileOf(Lengths.FileLinesMax)], ""));

    [Fact]
    public void A_long_method_is_rejected() => Complaints.Rejects(Lengths.In([MethodOf(Lengths.MethodLinesMax + 1)], ""), "src/Planted.cs#Long: ");

    [Fact]
    public void A_method_of_just_the_length_is_allowed() => Complaints.None(Lengths.In([MethodOf(Lengths.MethodLinesMax)], ""));

    [Fact]
    public void An_exception_that_grew_is_rejected() =>
        Complaints.Rejects(Lengths.In([FileOf(Lengths.FileLinesMax + 10)], $"src/Planted.cs {Lengths.FileLinesMax + 9}"), "exceptions shrink");

    [Fact]
    public void An_exception_that_needs_its_place_no_longer_is_rejected() =>
        Complaints.Rejects(Lengths.In([FileOf(1)], $"src/Planted.cs {Lengths.FileLinesMax + 9}"), "needs its place no longer");

    private static SourceFile FileOf(int lineCount) => new("src/Planted.cs", string.Concat(Enumerable.Repeat("// A line.\n", lineCount)));

    private static SourceFile MethodOf(int lineCount) => new("src/Planted.cs", $"class Planted\n{{\n    void Long()\n    {{\n{string.Concat(Enumerable.Repeat("        ;\n", lineCount - 3))}    }}\n}}\n");
}
