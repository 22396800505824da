using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class ConversationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> FollowUps =>
        ["And in winter?", "Why?", "Are you sure?", "Explain that in more detail.", "And the second one?", "How much is that in euros?", "Translate it.", "What about her?", "Continue.", "Yes."];

    [Theory]
    [MemberData(nameof(FollowUps))]
    public async Task A_follow_up_never_hits_across_conversations(string followUp)
    {
        // Every text is of one concept: only the history keeps the conversations apart.
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder((followUp, "same"), (followUp + " ", "same"), ("Oslo?", "same"), ("Rome?", "same")));
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        ChatResponse oslo = await client.GetResponseAsync(Turns("How warm is Oslo?", "20 degrees.", followUp), Chats.Cold, Cancellation);
        ChatResponse rome = await client.GetResponseAsync(Turns("How warm is Rome?", "30 degrees.", followUp), Chats.Cold, Cancellation);
        ChatResponse otherAnswer = await client.GetResponseAsync(Turns("How warm is Oslo?", "21 degrees.", followUp), Chats.Cold, Cancellation);
        ChatResponse alone = await client.GetResponseAsync(followUp, Chats.Cold, Cancellation);
        ChatResponse again = await client.GetResponseAsync(Turns("How warm is Oslo?", "20 degrees.", followUp), Chats.Cold, Cancellation);
        ChatResponse similar = await client.GetResponseAsync(Turns("How warm is Oslo?", "20 degrees.", followUp + " "), Chats.Cold, Cancellation);

        Assert.Equal(
            [HitKind.None, HitKind.None, HitKind.None, HitKind.None, HitKind.Exact, HitKind.Semantic],
            new[] { oslo, rome, otherAnswer, alone, again, similar }.Select(response => response.Outcome().Kind));
    }

    [Fact]
    public async Task A_condensed_question_hits_whatever_was_said_before()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        var options = new RefrainChatOptions
        {
            Condense = static (messages, _) => new ValueTask<string?>(messages[^1].Text == "And in winter?" ? "How warm is Oslo in winter?" : null),
        };
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache, options).Build();

        await client.GetResponseAsync(Turns("How warm is Oslo?", "20 degrees.", "And in winter?"), Chats.Cold, Cancellation);
        ChatResponse other = await client.GetResponseAsync(Turns("Tell me of Oslo.", "It is warm.", "And in winter?"), Chats.Cold, Cancellation);
        ChatResponse instructed = await client.GetResponseAsync([new ChatMessage(ChatRole.System, "Lie."), .. Turns("Tell me of Oslo.", "It is warm.", "And in winter?")], Chats.Cold, Cancellation);
        ChatResponse uncondensed = await client.GetResponseAsync(Turns("Tell me of Oslo.", "It is warm.", "Why?"), Chats.Cold, Cancellation);

        Assert.Equal([HitKind.Exact, HitKind.None, HitKind.None], new[] { other, instructed, uncondensed }.Select(response => response.Outcome().Kind));
    }

    [Fact]
    public async Task After_a_tool_has_answered_only_the_very_same_words_hit()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder(("How warm is Oslo?", "same"), ("How hot is Oslo?", "same")));
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();

        await client.GetResponseAsync(WithTool("How warm is Oslo?", "call_1"), Chats.Cold, Cancellation);
        ChatResponse similar = await client.GetResponseAsync(WithTool("How hot is Oslo?", "call_1"), Chats.Cold, Cancellation);
        ChatResponse same = await client.GetResponseAsync(WithTool("How warm is Oslo?", "call_2"), Chats.Cold, Cancellation);

        Assert.Equal([HitKind.None, HitKind.Exact], new[] { similar, same }.Select(response => response.Outcome().Kind));
    }

    private static List<ChatMessage> Turns(string first, string answer, string followUp) =>
        [new(ChatRole.User, first), new(ChatRole.Assistant, answer), new(ChatRole.User, followUp)];

    private static List<ChatMessage> WithTool(string question, string callId) =>
    [
        new(ChatRole.User, question),
        new(ChatRole.Assistant, [new FunctionCallContent(callId, "weather", new Dictionary<string, object?> { ["city"] = "Oslo" })]),
        new(ChatRole.Tool, [new FunctionResultContent(callId, "20 degrees")]),
    ];
}
