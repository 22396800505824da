using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>A provider that answers after a while, unless it is ill today.</summary>
/// <param name="latency">How long an answer takes.</param>
/// <param name="fault">What happens instead to the call of that number; null where it is answered.</param>
internal sealed class SickProvider(TimeSpan latency, Func<int, SickProvider.Fault> fault) : IChatClient
{
    private int _calls;

    public enum Fault { None, Refused, RateLimited, ServerError, Silent }

    public int Calls => Volatile.Read(ref _calls);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await BeginAsync(cancellationToken);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, "Yes.")) { FinishReason = ChatFinishReason.Stop };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await BeginAsync(cancellationToken);
        yield return new ChatResponseUpdate(ChatRole.Assistant, "Yes.") { FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        switch (fault(Interlocked.Increment(ref _calls)))
        {
            case Fault.Refused: throw new HttpRequestException("Connection refused.");
            case Fault.RateLimited: throw new ChatProviderException("Too many requests.", HttpStatusCode.TooManyRequests, TimeSpan.FromMilliseconds(200));
            case Fault.ServerError: throw new ChatProviderException("Bad gateway.", HttpStatusCode.BadGateway);
            case Fault.Silent: await Task.Delay(Timeout.Infinite, cancellation); break;
            case Fault.None: await Task.Delay(latency, cancellation); break;
        }
    }
}
