namespace Tidy.Tests;

public sealed class FormatTests
{
    [Fact]
    public void The_tables_of_every_format_leave_no_gap() =>
        Complaints.None(House.Files("FORMAT.md").SelectMany(path => FormatTable.ReadAll(House.Read(path)).SelectMany(table => table.Complaints().Select(complaint => $"{path}: {complaint}"))));

    [Fact]
    public void Every_format_is_compared_with_the_code_by_a_test_of_its_project() => Complaints.None(House.Files("FORMAT.md").SelectMany(WithoutTest));

    [Fact]
    public void A_gap_is_rejected() => Complaints.Rejects(Read("| 0 | 4 | magic | Says what it is. |\n| 8 | 4 | version | Which one. |").Complaints(), "version stands at 8, and the field before it ends at 4");

    [Fact]
    public void An_overlap_is_rejected() => Complaints.Rejects(Read("| 0 | 4 | magic | Says what it is. |\n| 2 | 4 | version | Which one. |").Complaints(), "version stands at 2");

    [Fact]
    public void A_field_without_a_meaning_is_rejected() => Complaints.Rejects(Read("| 0 | 4 | magic | |").Complaints(), "lacks its name or its meaning");

    [Fact]
    public void A_field_that_stands_there_twice_is_rejected() => Complaints.Rejects(Read("| 0 | 4 | magic | Once. |\n| 4 | 4 | magic | Twice. |").Complaints(), "twice");

    [Fact]
    public void A_whole_record_is_allowed() => Complaints.None(Read("| 0 | 4 | `magic` | Says what it is. |\n| 4 | n | `payload` | The bytes. |\n| 4 + n | 8 | `checksum` | Over all before. |").Complaints());

    [Fact]
    public void A_format_without_a_test_is_rejected() => Complaints.Rejects(WithoutTest("src/Refrain.Nowhere/FORMAT.md"), "no test");

    private static FormatTable Read(string rows) => Assert.Single(FormatTable.ReadAll($"# The record\n\n| offset | size | field | meaning |\n| --- | --- | --- | --- |\n{rows}\n"));

    private static IEnumerable<string> WithoutTest(string path)
    {
        string project = path.Split('/')[1];
        bool isRead = House.Sources.Any(file => file.Path.StartsWith($"tests/{project}.Tests/", StringComparison.Ordinal) && file.Text.Contains("FORMAT.md", StringComparison.Ordinal));
        return isRead ? [] : [$"{path}: no test in tests/{project}.Tests reads it"];
    }
}
