using System.Diagnostics;
using System.Globalization;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>
/// How long an index takes to open that was closed in order, and one whose process was killed: until <c>Open</c> returns, until the first lookup is answered, and until the graph
/// covers everything. Each in a process of its own, so that nothing is warm but the system's page cache.
/// </summary>
internal sealed class RestartSuite : ISuite
{
    private static readonly UInt128 Space = 1;

    public string Name => "restart";

    public string Summary => "Opening an index after an orderly close and after kill -9: until it answers, and until all is linked.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--n", "NUMBER", "Vectors. Default: 100,000."),
        new("--dims", "NUMBER", "Numbers in a vector. Default: 1,024."),
        new("--rounds", "NUMBER", "Openings of each kind; the median counts. Default: 3."),
        new("--linked", null, "Waits until the graph covers everything, and says how long that took. Filling takes long then."),
        new("--folder", "FOLDER", "Where the file goes; it is kept, and used again if it holds as many. Default: a new one, deleted in the end."),
        new("--child", "KIND", "Used by the suite itself: 'fill', 'open', or 'kill' in that folder."),
    ];

    public Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        int count = run.Number("--n", run.Quick ? 10_000 : 100_000), dimensions = run.Number("--dims", 1024);
        bool linked = run.Has("--linked");
        string? given = run.Text("--folder");
        string folder = given ?? Directory.CreateTempSubdirectory("refrain-restart-").FullName;
        string path = Path.Combine(folder, "arena");
        if (run.Text("--child") is { } kind)
            return Task.FromResult(RunAsChild(kind, path, count, dimensions, run.Has("--linked")));
        try
        {
            if (!File.Exists(path))
            {
                run.Say($"storing {count} vectors");
                RunChild(folder, "fill", count, dimensions, linked);
            }
            int rounds = run.Number("--rounds", run.Quick ? 1 : 3);
            foreach ((string name, string before) in new[] { ("closed in order", "open"), ("killed", "kill") })
            {
                double[][] times = [.. Enumerable.Range(0, rounds).Select(_ =>
                {
                    RunChild(folder, before, count, dimensions, linked);
                    return RunChild(folder, "open", count, dimensions, linked);
                })];
                string[] metrics = ["open", "first lookup", "all linked", "vectors"];
                for (int i = 0; i < metrics.Length; i++)
                    if (i != 2 || linked)
                        run.Add($"{count} × {dimensions}, {name}", metrics[i], times.Select(round => round[i]).Order().ElementAt(rounds / 2), i == 3 ? "" : "s");
                cancellation.ThrowIfCancellationRequested();
            }
            return Task.FromResult(0);
        }
        finally
        {
            if (given is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Seconds until open, until the first lookup, until linked, as a child measured them.</summary>
    private static double[] RunChild(string folder, string kind, int count, int dimensions, bool linked)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(RestartSuite).Assembly.Location);
        foreach (string argument in new[] { "restart", "--child", kind, "--folder", folder, "--n", count.ToString(CultureInfo.InvariantCulture), "--dims", dimensions.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);
        if (linked)
            start.ArgumentList.Add("--linked");
        using Process child = Process.Start(start)!;
        string[] line = (child.StandardOutput.ReadLine() ?? "").Split(' ');
        if (kind == "kill")
            child.Kill();
        child.WaitForExit();
        return line is ["times", .. var rest]
            ? [.. rest.Select(part => double.Parse(part, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"The child '{kind}' said '{string.Join(' ', line)}'.");
    }

    private static int RunAsChild(string kind, string path, int count, int dimensions, bool linked)
    {
        var watch = Stopwatch.StartNew();
        using var index = VectorIndex.Open(path, new VectorIndexOptions { Dimensions = dimensions, SpaceDigest = 1, Seed = 1 });
        double open = watch.Elapsed.TotalSeconds;
        var mimic = new EmbeddingMimic(dimensions, 0.1, 7);
        const int Batch = 10_000;
        if (kind == "fill")
            for (int i = index.Count; i < count; i += Batch)
            {
                VectorSet set = mimic.Clusters(Math.Min(Batch, count - i));
                for (int j = 0; j < set.Count; j++)
                    index.Add(Space, (UInt128)(uint)(i + j), set[j]);
            }
        float[] query = mimic.Clusters(1)[0].ToArray();
        double before = watch.Elapsed.TotalSeconds;
        index.TryFind(Space, query, 0.95f, out _);
        double first = open + watch.Elapsed.TotalSeconds - before;
        while (linked && index.GetStatistics().UnlinkedCount > 0)
            Thread.Yield();
        double all = watch.Elapsed.TotalSeconds;
        // In a file that was killed, something has to be written that a clean close would have sealed.
        index.Add(Space + 1, 1, query);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"times {open:F3} {first:F3} {all:F3} {index.Count}"));
        Console.Out.Flush();
        if (kind == "kill")
            new ManualResetEventSlim().Wait();
        return 0;
    }
}
