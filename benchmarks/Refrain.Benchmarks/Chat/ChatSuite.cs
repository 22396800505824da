namespace Refrain.Benchmarks;

/// <summary>Chats: an exact hit beside the framework's own cache, identities, streams that many share, a router with one sick provider, budgets, scopes that never mix.</summary>
internal sealed class ChatSuite : ISuite
{
    private const int RequestsInFull = 1_000_000;
    private const int RequestsQuick = 100_000;

    private static readonly (string Name, Func<SuiteRun, CancellationToken, Task<int>> Run)[] Parts =
    [
        ("hits", Always(ChatHits.RunAsync)),
        ("streams", Always(ChatStreams.RunAsync)),
        ("router", ChatRouting.RunAsync),
        ("requests", RequestsAsync),
    ];

    public string Name => "chat";

    public string Summary => "An exact hit through the middleware beside UseDistributedCache, identities, shared streams, the router, randomised requests.";

    public IReadOnlyList<SuiteOption> Options =>
    [
        new("--only", "PART", $"{string.Join(", ", Parts.Select(part => part.Name))}; all of them if absent"),
        new("--requests", "NUMBER", $"randomised requests; {RequestsInFull}, with --quick {RequestsQuick}"),
    ];

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        string? only = run.Text("--only");
        if (only is not null && Parts.All(part => part.Name != only)) throw new UsageException($"The suite has no part '{only}'.");
        int code = 0;
        foreach ((string name, Func<SuiteRun, CancellationToken, Task<int>> part) in Parts)
            if (only is null || only == name) code |= await part(run, cancellation);
        return code;
    }

    private static Func<SuiteRun, CancellationToken, Task<int>> Always(Func<SuiteRun, CancellationToken, Task> part) => async (run, cancellation) =>
    {
        await part(run, cancellation);
        return 0;
    };

    private static Task<int> RequestsAsync(SuiteRun run, CancellationToken cancellation) =>
        ChatRequests.RunAsync(run, run.Number("--requests", run.Quick ? RequestsQuick : RequestsInFull), cancellation);
}
