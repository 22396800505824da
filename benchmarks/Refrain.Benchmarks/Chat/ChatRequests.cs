using Refrain.Embeddings;
using Refrain.Sqlite;

namespace Refrain.Benchmarks;

/// <summary>Random requests over two starts of one file: an answer tells whom it was made for, and nobody else may get it.</summary>
internal static class ChatRequests
{
    private const int Seed = 20260131;
    private const int Questions = 10;

    /// <returns>1 if an answer went to the wrong request.</returns>
    public static async Task<int> RunAsync(SuiteRun run, int count, CancellationToken cancellation)
    {
        run.Say($"{count:N0} randomised requests");
        string folder = Directory.CreateTempSubdirectory("refrain-").FullName;
        try
        {
            var requests = new MixedRequests(Seed, Questions);
            using var embedder = new LexicalEmbeddingGenerator();
            for (int start = 0; start < 2; start++)
            {
                await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(folder, "answers.db"), cancellationToken: cancellation);
                await requests.RunAsync(store, embedder, count / 2, cancellation);
            }

            string name = $"randomised requests over two starts, seed {Seed}";
            foreach ((HitKind kind, int answers) in requests.Answers) run.Add(name, kind == HitKind.None ? "misses" : $"{kind} hits".ToLowerInvariant(), answers, "requests");
            run.Add(name, "answers made for another request", requests.Wrong, "answers");
            return requests.Wrong == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
