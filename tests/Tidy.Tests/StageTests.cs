namespace Tidy.Tests;

public sealed class StageTests
{
    public static TheoryData<string> Projects => [.. ProjectArrows.Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_stage_names_only_the_stages_before_it(string project) =>
        Complaints.None(Stages.In(project, [.. House.ProductSources.Where(file => file.Project == project)]));

    [Fact]
    public void A_stage_that_reaches_back_up_is_rejected() => Complaints.Rejects(
        Stages.In("Refrain", [new("src/Refrain/Exact/Low.cs", "namespace Refrain; class Low { High? _high; }"), new("src/Refrain/Semantic/High.cs", "namespace Refrain; class High;")]),
        "the stage Exact names High of the later stage Semantic");

    [Fact]
    public void A_member_of_a_later_stage_is_rejected_even_where_its_type_is_not_named() => Complaints.Rejects(
        Stages.In("Refrain", [new("src/Refrain/Door.cs", "namespace Refrain; class Door { public High Up = new(); }"), new("src/Refrain/Exact/Low.cs", "namespace Refrain; class Low { int Of(Door door) => door.Up.Height; }"), new("src/Refrain/Semantic/High.cs", "namespace Refrain; class High { public int Height; }")]),
        "names High");

    [Fact]
    public void A_stage_without_a_place_in_the_order_is_rejected() =>
        Complaints.Rejects(Stages.In("Refrain", [new("src/Refrain/Somewhere/Planted.cs", "class Planted;")]), "has no place");

    [Fact]
    public void A_stage_may_name_an_earlier_one() => Complaints.None(
        Stages.In("Refrain", [new("src/Refrain/Exact/Low.cs", "namespace Refrain; class Low;"), new("src/Refrain/Semantic/High.cs", "namespace Refrain; class High { Low? _low; }")]));
}
