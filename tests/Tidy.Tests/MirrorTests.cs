namespace Tidy.Tests;

public sealed class MirrorTests
{
    [Fact]
    public void Tests_stand_where_the_product_stands() => Complaints.None(Mirror.Complaints([.. House.Files()]));

    [Fact]
    public void A_product_without_tests_is_rejected() => Complaints.Rejects(Mirror.Complaints(["src/Refrain.New/Refrain.New.csproj"]), "no project tests/Refrain.New.Tests");

    [Fact]
    public void Tests_without_a_product_are_rejected() => Complaints.Rejects(Mirror.Complaints(["tests/Refrain.Old.Tests/Refrain.Old.Tests.csproj"]), "it tests no project");

    [Fact]
    public void A_folder_without_its_stage_is_rejected() =>
        Complaints.Rejects(Mirror.Complaints(["src/Refrain/Exact/ExactTable.cs", "tests/Refrain.Tests/Exakt/ExactTableTests.cs"]), "there is no src/Refrain/Exakt");
}
