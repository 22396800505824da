namespace Refrain.Benchmarks;

/// <summary>All suites, a line each.</summary>
internal static class Suites
{
    /// <summary>The suites in the order of the path.</summary>
    public static IReadOnlyList<ISuite> All { get; } =
    [
        new ExactSuite(),
        new IndexSuite(),
        new FaultsSuite(),
        new RestartSuite(),
        new QualitySuite(),
        new PathSuite(),
        new ChatSuite(),
        new RedisSuite(),
    ];

    /// <summary>Runs the suite that the first argument names.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        ISuite suite = All.FirstOrDefault(candidate => candidate.Name == arguments[0])
            ?? throw new UsageException($"There is no suite '{arguments[0]}'. There are: {string.Join(", ", All.Select(candidate => candidate.Name))}.");
        SuiteRun run = SuiteRun.Parse(suite, arguments.AsSpan(1), Console.Error);
        int exitCode = await suite.RunAsync(run, cancellation);
        Console.Out.Write(MarkdownTable.Of(run.Rows));
        if (run.JsonPath is { } path)
            SuiteRowsJson.Write(path, run.Rows);
        return exitCode;
    }
}
