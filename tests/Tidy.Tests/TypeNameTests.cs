namespace Tidy.Tests;

public sealed class TypeNameTests
{
    [Fact]
    public void Every_type_has_a_noun_of_its_own() => Complaints.None(House.Sources.SelectMany(TypeNames.WithBannedWords));

    [Fact]
    public void Every_file_of_the_product_holds_one_type_and_its_name() => Complaints.None(House.ProductSources.SelectMany(TypeNames.NotAlone));

    [Theory]
    [InlineData("class CacheManager;", "'Manager'")]
    [InlineData("static class StringHelpers;", "'Helpers'")]
    [InlineData("abstract class StoreBase;", "'Base'")]
    [InlineData("record struct CacheCore;", "'Core'")]
    [InlineData("interface IUtil;", "'Util'")]
    public void A_name_without_a_noun_is_rejected(string source, string saying) => Complaints.Rejects(TypeNames.WithBannedWords(new("src/Refrain/Planted.cs", source)), saying);

    [Theory]
    [InlineData("class Baseline;")]
    [InlineData("class Scored;")]
    [InlineData("class HelpfulCoreference;")]
    public void A_word_that_only_begins_like_a_banned_one_is_allowed(string source) => Complaints.None(TypeNames.WithBannedWords(new("src/Refrain/Planted.cs", source)));

    [Fact]
    public void Two_types_in_a_file_are_rejected() => Complaints.Rejects(TypeNames.NotAlone(new("src/Refrain/One.cs", "class One; delegate void Two();")), "2 types stand here");

    [Fact]
    public void A_file_named_after_another_type_is_rejected() => Complaints.Rejects(TypeNames.NotAlone(new("src/Refrain/One.cs", "class Two;")), "not named after its type");

    [Fact]
    public void A_part_of_a_type_may_be_named_after_the_part() => Complaints.None(TypeNames.NotAlone(new("src/Refrain/One.Reading.cs", "partial class One { class Inner; }")));
}
