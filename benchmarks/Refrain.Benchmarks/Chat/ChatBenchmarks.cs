using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>A chat that was asked before, through the middleware: an answer of 2 KiB to conversations of one and of a hundred messages of 800 characters.</summary>
public class ChatBenchmarks
{
    private readonly ChatOptions _options = new() { Temperature = 0, ModelId = "model" };
    private readonly RefrainChatOptions _rules = new();
    private readonly byte[] _provider = "provider"u8.ToArray();
    private MemoryStore _store = null!;
    private SemanticCache _cache = null!;
    private IChatClient _client = null!;
    private List<ChatMessage> _messages = null!;

    /// <summary>Messages of the conversation.</summary>
    [Params(1, 100)]
    public int Messages { get; set; }

    /// <summary>Stores the answer, and makes sure that it hits.</summary>
    [GlobalSetup]
    public async Task SetUp()
    {
        _store = new MemoryStore();
        _cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), _store);
        _client = new ChatClientBuilder(new FixedProvider(new string('a', ChatHits.AnswerLength))).UseRefrain(_cache).Build();
        _messages = ChatHits.Conversation(Messages);
        await ExactHit();
        ChatResponse again = await ExactHit();
        if (RefrainOutcome.Of(again.AdditionalProperties).Kind != HitKind.Exact)
            throw new InvalidOperationException("The benchmark measures the wrong thing: the answer does not hit.");
    }

    /// <summary>Closes the cache.</summary>
    [GlobalCleanup]
    public async Task CleanUp()
    {
        _client.Dispose();
        await _cache.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>The same conversation again; the response is the caller's own.</summary>
    [Benchmark]
    public Task<ChatResponse> ExactHit() => _client.GetResponseAsync(_messages, _options);

    /// <summary>What makes the conversation the same.</summary>
    [Benchmark]
    public int Identity()
    {
        using var identity = ChatIdentity.Of(_provider, _messages, _options, _rules);
        return identity.Scope.Length;
    }
}
