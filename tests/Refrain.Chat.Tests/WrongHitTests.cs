using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class WrongHitTests
{
    private const string Question = "What is AI?";
    private const string Similar = "Tell me what AI is";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_answer_to_the_same_words_is_given_no_more()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using var client = new RefrainChatClient(provider, cache);
        await client.GetResponseAsync(Question, Chats.Cold, Cancellation);
        Assert.True(await client.ReportWrongHitAsync([new ChatMessage(ChatRole.User, Question)], Chats.Cold, cancellationToken: Cancellation));
        Assert.Equal(HitKind.None, (await client.GetResponseAsync(Question, Chats.Cold, Cancellation)).Outcome().Kind);
        Assert.Equal(2, provider.Calls);
    }

    [Fact]
    public async Task Two_texts_that_were_mistaken_for_each_other_never_answer_each_other_again()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder((Question, "ai"), (Similar, "ai")));
        using var client = new RefrainChatClient(new ScriptedProvider(), cache);
        await client.GetResponseAsync(Question, Chats.Cold, Cancellation);
        Assert.Equal(HitKind.Semantic, (await client.GetResponseAsync(Similar, Chats.Cold, Cancellation)).Outcome().Kind);
        Assert.True(await client.ReportWrongHitAsync([new ChatMessage(ChatRole.User, Similar)], Chats.Cold, cancellationToken: Cancellation));
        Assert.Equal(HitKind.None, (await client.GetResponseAsync(Similar, Chats.Cold, Cancellation)).Outcome().Kind);
        Assert.Equal(HitKind.Exact, (await client.GetResponseAsync(Question, Chats.Cold, Cancellation)).Outcome().Kind);
    }

    [Fact]
    public async Task The_right_answer_takes_the_place_of_the_wrong_one()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using var client = new RefrainChatClient(new ScriptedProvider(), cache);
        await client.GetResponseAsync(Question, Chats.Cold, Cancellation);
        var right = new ChatResponse(new ChatMessage(ChatRole.Assistant, "the right one"));
        Assert.True(await client.ReportWrongHitAsync([new ChatMessage(ChatRole.User, Question)], Chats.Cold, right, Cancellation));
        ChatResponse hit = await client.GetResponseAsync(Question, Chats.Cold, Cancellation);
        Assert.Equal(("the right one", HitKind.Exact), (hit.Text, hit.Outcome().Kind));
        var unstorable = new ChatResponse(new ChatMessage(ChatRole.Assistant, [new ErrorContent("no")]));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ReportWrongHitAsync([new ChatMessage(ChatRole.User, Question)], Chats.Cold, unstorable, Cancellation));
    }

    [Fact]
    public async Task Where_nothing_hits_nothing_is_changed()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using var client = new RefrainChatClient(new ScriptedProvider(), cache);
        ChatMessage[] messages = [new(ChatRole.User, Question)];
        Assert.False(await client.ReportWrongHitAsync(messages, Chats.Cold, cancellationToken: Cancellation));
        await client.GetResponseAsync(Question, Chats.Cold, Cancellation);
        Assert.False(await client.ReportWrongHitAsync(messages, new ChatOptions { Temperature = 1 }, cancellationToken: Cancellation));
        Assert.False(await client.ReportWrongHitAsync(messages, Chats.With(new RefrainRequest { Tenant = "other" }), cancellationToken: Cancellation));
        Assert.Equal(HitKind.Exact, (await client.GetResponseAsync(Question, Chats.Cold, Cancellation)).Outcome().Kind);
    }
}
