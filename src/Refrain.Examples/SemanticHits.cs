using Microsoft.Extensions.AI;
using Refrain.Chat;
using Refrain.Embeddings;

namespace Refrain.Examples;

/// <summary>The same question in other spellings hits; another question, another number, another conversation does not.</summary>
internal static class SemanticHits
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        await using var store = new MemoryStore();
        using var embedder = new LexicalEmbeddingGenerator();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, embedder, cancellationToken: cancellation);
        using IChatClient client = new ChatClientBuilder(new DemoModel()).UseRefrain(cache).Build();

        string[] questions =
        [
            "How do I reset my password?",
            "how do i reset my password",
            "Can you please tell me how I reset my password?",
            "How do I delete my account?",
            "How many days are in 3 weeks?",
            "How many days are in 4 weeks?",
        ];
        foreach (string question in questions)
        {
            ChatResponse response = await client.GetResponseAsync(question, new ChatOptions { Temperature = 0 }, cancellation);
            RefrainOutcome outcome = RefrainOutcome.Of(response.AdditionalProperties);
            await output.WriteLineAsync($"{(outcome.Kind == HitKind.None ? "miss" : outcome.Kind),-8} {outcome.Similarity:0.00}  {question}");
        }
    }
}
