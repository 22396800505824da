using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Gateway.Tests;

public sealed class DemoModelTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "What is the capital of France?")];

    [Fact]
    public async Task Every_answer_says_that_no_model_made_it_and_is_the_same_again()
    {
        using var model = new DemoModel(new VirtualTimeProvider(DateTimeOffset.UnixEpoch));
        ChatResponse first = await model.GetResponseAsync(Question, cancellationToken: TestContext.Current.CancellationToken);
        ChatResponse second = await model.GetResponseAsync(Question, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("demo model", first.Text, StringComparison.Ordinal);
        Assert.Contains("no language model", first.Text, StringComparison.Ordinal);
        Assert.Equal((first.Text, first.Usage!.TotalTokenCount), (second.Text, second.Usage!.TotalTokenCount));
    }

    [Fact]
    public async Task A_stream_is_the_same_answer_in_pieces_with_its_end_and_its_usage()
    {
        using var model = new DemoModel(new VirtualTimeProvider(DateTimeOffset.UnixEpoch));
        ChatResponse whole = await model.GetResponseAsync(Question, cancellationToken: TestContext.Current.CancellationToken);
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in model.GetStreamingResponseAsync(Question, cancellationToken: TestContext.Current.CancellationToken))
            updates.Add(update);
        ChatResponse streamed = updates.ToChatResponse();
        Assert.True(updates.Count > 20);
        Assert.Equal((whole.Text, whole.FinishReason, whole.Usage!.OutputTokenCount), (streamed.Text, streamed.FinishReason, streamed.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task It_takes_its_time()
    {
        var time = new FakeTimeProvider();
        using var model = new DemoModel(time);
        Task<ChatResponse> answer = model.GetResponseAsync(Question, cancellationToken: TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.NotEmpty((await answer).Text);
    }

    [Fact]
    public async Task Virtual_time_is_counted_and_not_waited_for()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UnixEpoch);
        await Task.Delay(TimeSpan.FromDays(3), time, TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromDays(3), time.Elapsed);
        Assert.Equal(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(3), time.GetUtcNow());
    }

    [Fact]
    public async Task An_answer_is_cut_where_the_caller_says_so()
    {
        using var model = new DemoModel(new VirtualTimeProvider(DateTimeOffset.UnixEpoch));
        ChatResponse cut = await model.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 3 }, TestContext.Current.CancellationToken);
        Assert.Equal((ChatFinishReason.Length, 3L), (cut.FinishReason, cut.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task No_answer_holds_half_a_character()
    {
        using var model = new DemoModel(new VirtualTimeProvider(DateTimeOffset.UnixEpoch));
        for (int shift = 0; shift < 8; shift++)
        {
            string question = new string('x', shift) + string.Concat(Enumerable.Repeat("😀", 200));
            await foreach (ChatResponseUpdate update in model.GetStreamingResponseAsync([new ChatMessage(ChatRole.User, question)], cancellationToken: TestContext.Current.CancellationToken))
                Assert.False(update.Text.Length > 0 && (char.IsHighSurrogate(update.Text[^1]) || char.IsLowSurrogate(update.Text[0])), update.Text);
        }
    }
}
