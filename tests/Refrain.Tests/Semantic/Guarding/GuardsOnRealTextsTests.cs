using System.Globalization;

namespace Refrain.Tests;

/// <summary>What the guards remove and what they cost, on labelled pairs that nobody here wrote.</summary>
public sealed class GuardsOnRealTextsTests
{
    [Theory]
    [InlineData("sem_anto_neg", 0.75)]
    [InlineData("negated", 0.75)]
    public void Antonyms_and_negations_are_refused_at_any_similarity(string set, double least)
    {
        var invalid = LabelledData.Rows(set, "pairs.dev.tsv.gz").Where(row => row["label"] == "0").ToList();
        Assert.InRange(invalid.Average(row => IsRefused(row) ? 1.0 : 0.0), least, 1);
    }

    [Fact]
    public void Paraphrases_of_documentation_are_let_through() =>
        Assert.InRange(LabelledData.Rows("gptcache_mock", "pairs.dev.tsv.gz").Average(row => IsRefused(row) ? 1.0 : 0.0), 0, 0.04);

    [Fact]
    public void Sentences_that_people_call_the_same_are_let_through()
    {
        var same = LabelledData.Rows("stsb", "pairs.dev.tsv.gz").Where(row => double.Parse(row["score"], CultureInfo.InvariantCulture) >= 4.5);
        Assert.InRange(same.Average(row => IsRefused(row) ? 1.0 : 0.0), 0, 0.04);
    }

    [Fact]
    public void At_a_production_embedders_threshold_half_the_false_hits_go_and_the_true_ones_stay()
    {
        var hits = LabelledData.Rows("banking_adv_te3small", "pairs.dev.tsv.gz")
            .Where(row => double.Parse(row["cos_text_embedding_3_small"], CultureInfo.InvariantCulture) >= 0.85).ToLookup(row => row["label"], StringComparer.Ordinal);
        Assert.InRange(hits["1"].Count(IsRefused), 0, 1);
        Assert.InRange(hits["0"].Count(row => !IsRefused(row)), 0, hits["0"].Count() / 2);
    }

    private static bool IsRefused(Dictionary<string, string> row) =>
        GuardRail.Check(GuardRail.Read(row["text_a"]), GuardRail.Read(row["text_b"]), Guards.Default) != Guards.None;
}
