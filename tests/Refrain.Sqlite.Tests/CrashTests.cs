using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Refrain.Sqlite.Tests;

/// <summary>
/// A child process answers and is killed in the middle of it. The child is this very program, which a module initialiser turns into one when an environment variable says so.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private const string Variable = "REFRAIN_SQLITE_CRASH_CHILD";

    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-crash-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CacheScope Scope { get; } = CacheScope.Create("tenant", ("model", "m-1"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // Goal: what SetAsync and FlushAsync acknowledged is there after kill -9, and nothing wrong is. Method: the child prints a number when its flush has returned; what a question is
    // answered with follows from the question.
    [Fact]
    public async Task What_was_acknowledged_before_kill_9_is_there_afterwards_and_nothing_is_wrong()
    {
        const int KillCount = 4;
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int acknowledged = -1;
        for (int kill = 0; kill < KillCount; kill++)
        {
            using (Process child = Start(_directory))
            {
                int target = acknowledged + 1 + random.Next(40);
                while (acknowledged < target)
                {
                    string line = await child.StandardOutput.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException(await child.StandardError.ReadToEndAsync(Cancellation));
                    acknowledged = int.Parse(line, CultureInfo.InvariantCulture);
                }

                child.Kill();
                await child.WaitForExitAsync(Cancellation);
            }

            await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(_directory, "cache.db"), cancellationToken: Cancellation);
            Assert.Null(store.SetAsidePath);
            await using SemanticCache cache = await SemanticCache.OpenAsync(
                new SemanticCacheOptions { DataDirectory = _directory, DurableTimeout = TimeSpan.FromSeconds(30) }, store, services: new SemanticCacheServices { EmbeddingSpace = Space }, cancellationToken: Cancellation);
            for (int i = 0; i <= acknowledged + 200; i++)
            {
                CacheResult result = await cache.GetAsync(new CacheQuery(Scope, QuestionOf(i)) { Policy = HitPolicy.ExactOnly }, Cancellation);
                Assert.True(result.IsHit || i > acknowledged, $"seed {seed}, kill {kill}: question {i} of {acknowledged} is gone.");
                Assert.True(!result.IsHit || result.GetString() == AnswerOf(i), $"seed {seed}, kill {kill}: question {i} has another's answer.");
            }

            CacheQuery near = new(Scope, "asked in other words") { Embedding = VectorOf(acknowledged), Policy = new HitPolicy { Guards = Guards.None, SimilarityThreshold = 0.99f } };
            for (int i = 0; i < 7_200 && !(await cache.GetAsync(near, Cancellation)).IsHit; i++)
                await Task.Delay(25, Cancellation);
            CacheResult semantic = await cache.GetAsync(near, Cancellation);
            Assert.Equal(HitKind.Semantic, semantic.Kind);
            Assert.Equal(AnswerOf(acknowledged), semantic.GetString());
        }
    }

    // Goal: two processes may use one file at once, and neither loses or spoils what the other has stored. Method: the child stores and tells while this process stores and
    // reads in the same file.
    [Fact]
    public async Task Two_processes_write_and_read_one_file_at_once()
    {
        var options = new SqliteStoreOptions { BusyTimeout = TimeSpan.FromMinutes(1) };
        await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(_directory, "cache.db"), options, Cancellation);
        await using SemanticCache cache = await SemanticCache.OpenAsync(
            new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30), DrainTimeout = TimeSpan.FromMinutes(1) }, store, cancellationToken: Cancellation);
        using Process child = Start(_directory);
        int acknowledged = -1;
        for (int mine = 0; acknowledged < 60; mine++)
        {
            await cache.SetAsync(new CacheQuery(Scope, $"mine {mine}"), Encoding.UTF8.GetBytes(AnswerOf(mine)), cancellationToken: Cancellation);
            await cache.FlushAsync(Cancellation);
            acknowledged = int.Parse(await child.StandardOutput.ReadLineAsync(Cancellation) ?? "", CultureInfo.InvariantCulture);

            CacheResult theirs = await cache.GetAsync(new CacheQuery(Scope, QuestionOf(acknowledged)) { Policy = HitPolicy.ExactOnly }, Cancellation);
            Assert.Equal((HitKind.Durable, AnswerOf(acknowledged)), (theirs.Kind, theirs.GetString()));
        }

        child.Kill();
        await child.WaitForExitAsync(Cancellation);
        await using SemanticCache fresh = await SemanticCache.OpenAsync(new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, store, cancellationToken: Cancellation);
        for (int mine = 0; mine < 30; mine++)
            Assert.Equal(AnswerOf(mine), (await fresh.GetAsync(new CacheQuery(Scope, $"mine {mine}"), Cancellation)).GetString());
    }

    /// <summary>The child: stores, flushes and tells, until it is killed.</summary>
    internal static void RunAsChildIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } directory)
            return;

        // Synchronously, on this thread: while a module is being initialised no other thread may enter it.
        SqliteStore store = SqliteStore.OpenAsync(Path.Combine(directory, "cache.db")).AsTask().GetAwaiter().GetResult();
        SemanticCache cache = SemanticCache.OpenAsync(
            new SemanticCacheOptions { DataDirectory = directory, DrainTimeout = TimeSpan.FromMinutes(1) }, store, services: new SemanticCacheServices { EmbeddingSpace = Space }).AsTask().GetAwaiter().GetResult();
        for (int i = 0; ; i++)
        {
            cache.SetAsync(new CacheQuery(Scope, QuestionOf(i)) { Embedding = VectorOf(i) }, Encoding.UTF8.GetBytes(AnswerOf(i))).AsTask().GetAwaiter().GetResult();
            cache.FlushAsync().AsTask().GetAwaiter().GetResult();
            Console.WriteLine(i.ToString(CultureInfo.InvariantCulture));
            Console.Out.Flush();
        }
    }

    private static EmbeddingSpace Space => new() { Model = "crash", Dimensions = 64 };

    private static string QuestionOf(int number) => $"question {number}";

    private static string AnswerOf(int number) => $"answer {number} " + new string((char)('a' + (number % 26)), number % 3_000);

    private static float[] VectorOf(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, 64).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private static Process Start(string directory)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(CrashTests).Assembly.Location);
        start.Environment[Variable] = directory;
        return Process.Start(start)!;
    }
}
