using CsCheck;
using Microsoft.Extensions.AI;

namespace Refrain.Embeddings.Tests;

public sealed class LexicalEmbeddingGeneratorTests
{
    private static readonly float Threshold = LexicalEmbeddingGenerator.Space.SimilarityThreshold!.Value;

    private static readonly Gen<string> Words = Gen.OneOf(
            "transfer", "account", "weather", "Paris", "book", "flight", "5", "please", "the", "why", "not", "card", "résumé", "data-base", "don't", "C++", "你好", "🙂", "7:30")
        .Array[1, 15].Select(words => string.Join(' ', words));

    [Theory]
    [InlineData("What is the capital of France?", "what's the capital of France")]
    [InlineData("What is the capital of France?", "Whats the capitol of france ?")]
    [InlineData("What is the capital of France?", "WHAT IS THE CAPITAL OF FRANCE!!!")]
    [InlineData("What is the capital of France?", "what is the captial of France")]
    [InlineData("What is the capital of France?", "Hi, can you tell me the capital of France please? Thanks!")]
    [InlineData("How do I reset my password?", "how can I reset my pasword")]
    [InlineData("Thanks! Hello, how do I reset my password", "How do I reset my password? Thank you, dear sir")]
    [InlineData("set an alarm for 5 pm", "please set alarm for 5pm")]
    [InlineData("flights from Boston to Denver", "flights to denver from boston")]
    [InlineData("Why isn't my colour printer printing?", "Why is my color printer not printing")]
    [InlineData("Où est mon résumé ?", "ou est mon resume")]
    public void A_question_asked_with_other_spelling_or_padding_is_near(string asked, string stored) =>
        Assert.InRange(Similarity(asked, stored), Threshold, 1.0001f);

    [Theory]
    [InlineData("What is the capital of France?", "What is the capital of Germany?")]
    [InlineData("How do I reset my password?", "How do I change my password?")]
    [InlineData("who are you", "who am i")]
    [InlineData("How long does a transfer take?", "How long does a US transfer take?")]
    [InlineData("How long does a transfer take?", "How long do transfers take?")]
    [InlineData("Is my card not working?", "My card is not working.")]
    [InlineData("Why can't I pay with my card?", "Why couldn't I pay with my card?")]
    [InlineData("What can I exchange for euros?", "What can I exchange euros for?")]
    [InlineData("translate hello to French", "translate that to French")]
    [InlineData("My parcel isn't there", "My parcel isn't here")]
    [InlineData("what is your name", "what is my name")]
    [InlineData("how to cook pork", "how to cook beef")]
    [InlineData("what is 5+3", "what is 5-3")]
    [InlineData("Who wrote Hamlet?", "When was Hamlet written?")]
    [InlineData("What is AI?", "What is ML?")]
    [InlineData("Why can I log in?", "Why can I not log in?")]
    [InlineData("你好吗", "你在吗")]
    [InlineData("🙂", "🙃")]
    [InlineData("!!!", "???")]
    [InlineData(
        "I went to the shop yesterday to buy a new phone for my mother and the clerk told me that the red one costs less than the blue one, is that true in Paris?",
        "I went to the shop yesterday to buy a new phone for my mother and the clerk told me that the red one costs less than the blue one, is that true in London?")]
    public void A_question_with_another_word_in_it_is_not(string asked, string stored) =>
        Assert.InRange(Similarity(asked, stored), -1, Threshold - 0.005f);

    [Fact]
    public void Every_text_has_a_vector_of_unit_length() =>
        Gen.OneOf(Words, Gen.String[0, 80], Gen.String[Gen.Char[' ', '~'], 0, 200]).Sample(text =>
        {
            float[] vector = LexicalEmbeddingGenerator.Embed(text);
            return vector.Length == LexicalEmbeddingGenerator.Dimensions && Math.Abs(Dot(vector, vector) - 1) < 1e-4;
        });

    [Fact]
    public void Case_punctuation_and_white_space_change_nothing() =>
        Words.Sample(text => Similarity(text, "  " + text.ToUpperInvariant().Replace(" ", " ,  ", StringComparison.Ordinal) + " ?!") > 0.999f);

    // Golden: a vector made today is compared with vectors made on other machines years ago.
    [Fact]
    public void A_text_has_the_same_vector_everywhere()
    {
        float[] vector = LexicalEmbeddingGenerator.Embed("How do I transfer $500 to my sister's account?");
        ulong digest = 0;
        foreach (float number in vector) digest = (digest * 31) + (ulong)(long)MathF.Round(number * 10_000);
        Assert.Equal(GoldenDigest, digest);
    }

    private const ulong GoldenDigest = 4122341297598721891;

    [Fact]
    public async Task It_tells_its_space_and_generates_in_order()
    {
        using var generator = new LexicalEmbeddingGenerator();
        var space = Assert.IsAssignableFrom<EmbeddingSpace>(generator.GetService(typeof(EmbeddingSpace)));
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["one question", "another"], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(LexicalEmbeddingGenerator.Dimensions, space.Dimensions);
        Assert.Equal(["one question", "another"], embeddings.Select(embedding => new[] { "one question", "another" }.MaxBy(text => Dot(embedding.Vector.ToArray(), LexicalEmbeddingGenerator.Embed(text)))));
        Assert.Equal(space.Dimensions, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    [Fact]
    public void It_leaves_alone_what_it_cannot_tell_apart()
    {
        EmbeddingSpace space = LexicalEmbeddingGenerator.Space;
        Assert.True(space.Covers("What is AI?"));
        Assert.False(space.Covers("?!"));
        Assert.False(space.Covers(string.Concat(Enumerable.Repeat("word ", 1000))));
    }

    private static float Similarity(string a, string b) => Dot(LexicalEmbeddingGenerator.Embed(a), LexicalEmbeddingGenerator.Embed(b));

    private static float Dot(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return (float)sum;
    }
}
