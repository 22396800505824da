using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class AnswerAdmissionTests
{
    [Fact]
    public void A_finished_answer_is_stored() =>
        Assert.Equal(StoreRefusal.None, Judge(new TextContent("Yes.")));

    [Fact]
    public void Truncated_answers_are_never_cached_for_good() =>
        Assert.Equal(StoreRefusal.Truncated, Judge(new TextContent("Yes, bec"), ChatFinishReason.Length));

    [Fact]
    public void Filtered_answers_are_not_stored() =>
        Assert.Equal(StoreRefusal.Filtered, Judge(new TextContent("Yes."), ChatFinishReason.ContentFilter));

    [Fact]
    public void Answers_that_end_for_an_unknown_reason_are_not_stored() =>
        Assert.Equal(StoreRefusal.OtherEnd, Judge(new TextContent("Yes."), new ChatFinishReason("paused")));

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public void Empty_answers_are_not_stored(string text) =>
        Assert.Equal(StoreRefusal.Empty, Judge(new TextContent(text)));

    [Fact]
    public void Thoughts_without_an_answer_are_empty() =>
        Assert.Equal(StoreRefusal.Empty, Judge(new TextReasoningContent("Hm.")));

    [Fact]
    public void Errors_and_refusals_are_not_stored() =>
        Assert.Equal(StoreRefusal.Error, Judge(new ErrorContent("I cannot help with that.") { ErrorCode = "Refusal" }));

    [Fact]
    public void Tool_calls_are_stored_only_on_request()
    {
        var call = new FunctionCallContent("c", "weather");
        Assert.Equal(StoreRefusal.ToolCalls, Judge(call));
        Assert.Equal(StoreRefusal.ToolCalls, Judge(call, ChatFinishReason.ToolCalls));
        Assert.Equal(StoreRefusal.None, Judge(call, ChatFinishReason.ToolCalls, new RefrainChatOptions { StoreToolCalls = true }));
    }

    [Fact]
    public void A_stream_without_an_end_is_unfinished_but_a_response_arrived_whole()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "Yes."));
        Assert.Equal(StoreRefusal.Unfinished, AnswerAdmission.Judge(response, streamed: true, new RefrainChatOptions()));
        Assert.Equal(StoreRefusal.None, AnswerAdmission.Judge(response, streamed: false, new RefrainChatOptions()));
    }

    [Fact]
    public void Answers_of_a_conversation_that_the_provider_keeps_are_not_stored()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "Yes.")) { ConversationId = "c" };
        Assert.Equal(StoreRefusal.ServerState, AnswerAdmission.Judge(response, streamed: false, new RefrainChatOptions()));
    }

    private static StoreRefusal Judge(AIContent content, ChatFinishReason? end = null, RefrainChatOptions? rules = null) => AnswerAdmission.Judge(
        new ChatResponse(new ChatMessage(ChatRole.Assistant, [content])) { FinishReason = end ?? ChatFinishReason.Stop }, streamed: true, rules ?? new RefrainChatOptions());
}
