using Microsoft.Extensions.AI;
using Refrain.Chat;
using Refrain.Sqlite;

namespace Refrain.Examples;

/// <summary>One line in front of a chat client, and an answer that survives the process in one file.</summary>
internal static class QuickStart
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("refrain-").FullName;
        try
        {
            for (int start = 1; start <= 2; start++)
            {
                await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(folder, "answers.db"), cancellationToken: cancellation);
                await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);
                using IChatClient client = new ChatClientBuilder(new DemoModel()).UseRefrain(cache).Build();

                for (int call = 1; call <= 2; call++)
                {
                    ChatResponse response = await client.GetResponseAsync("What is a refrain?", new ChatOptions { Temperature = 0 }, cancellation);
                    await output.WriteLineAsync($"start {start}, call {call}: {response.AdditionalProperties![RefrainProperties.Kind]}: {response.Text}");
                }

                await cache.FlushAsync(cancellation);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
