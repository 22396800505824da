using System.Diagnostics;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>A router over two providers of which one is ill, and a budget that many draw from at once.</summary>
internal static class ChatRouting
{
    private const int Callers = 20;
    private const int BudgetCallers = 200;
    private const int Seed = 20260131;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(2);

    private static readonly (string Name, Func<int, SickProvider.Fault> Fault)[] Sicknesses =
    [
        ("dead", static _ => SickProvider.Fault.Refused),
        ("silent", static _ => SickProvider.Fault.Silent),
        ("rate-limited", static call => call % 20 < 10 ? SickProvider.Fault.None : SickProvider.Fault.RateLimited),
        ("failing one call in four", Random(4)),
    ];

    /// <returns>1 if a budget was overspent.</returns>
    public static async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        int requests = run.Quick ? 2000 : 10_000;
        foreach ((string name, Func<int, SickProvider.Fault> fault) in Sicknesses) await SickAsync(run, name, fault, requests, cancellation);
        return await BudgetAsync(run, cancellation);
    }

    private static async Task SickAsync(SuiteRun run, string sickness, Func<int, SickProvider.Fault> fault, int requests, CancellationToken cancellation)
    {
        run.Say($"one provider {sickness}");
        var sick = new ChatRoute("sick", new SickProvider(Latency, fault)) { Timeout = TimeSpan.FromMilliseconds(100), FirstTokenTimeout = TimeSpan.FromMilliseconds(100) };
        var router = new ChatRouter([sick, new ChatRoute("well", new SickProvider(Latency, static _ => SickProvider.Fault.None))], new ChatRouterOptions { Seed = Seed });
        int next = 0, answered = 0;
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync, cancellation)));
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        RouterStatistics statistics = router.GetStatistics();
        string name = $"one of two providers {sickness}, {requests} requests by {Callers} callers";
        run.Add(name, "answered", 100.0 * answered / requests, "%");
        run.Add(name, "extra calls", 100.0 * statistics.ExtraCalls / statistics.Requests, "%");
        run.Add(name, "mean time of a request", took.TotalMilliseconds * Callers / requests, "ms");

        async Task CallAsync()
        {
            for (int index; (index = Interlocked.Increment(ref next)) <= requests;)
            {
                try
                {
                    if (index % 2 == 0) await router.GetResponseAsync("q", cancellationToken: cancellation);
                    else await foreach (ChatResponseUpdate _ in router.GetStreamingResponseAsync("q", cancellationToken: cancellation)) { }
                    Interlocked.Increment(ref answered);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // Not answered: that is the figure.
                }
            }
        }
    }

    private static async Task<int> BudgetAsync(SuiteRun run, CancellationToken cancellation)
    {
        run.Say($"{BudgetCallers} callers on one budget");
        var budget = new Budget("shared", 1m);
        var options = new ChatRouterOptions();
        options.Budgets.Add(budget);
        var price = new ModelPrice { InputPerMillion = 1000, OutputPerMillion = 2000 };
        var router = new ChatRouter([new ChatRoute("only", new SickProvider(Latency, static _ => SickProvider.Fault.None), price: price) { OutputTokensMax = 2 }], options);
        int answered = 0, refused = 0;
        decimal most = 0;
        var watch = new Lock();
        await Task.WhenAll(Enumerable.Range(0, BudgetCallers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                try
                {
                    await router.GetResponseAsync("q", cancellationToken: cancellation);
                    Interlocked.Increment(ref answered);
                }
                catch (BudgetExceededException)
                {
                    Interlocked.Increment(ref refused);
                }

                lock (watch) most = Math.Max(most, budget.Spent + budget.Reserved);
            }
        }, cancellation)));
        string name = $"{BudgetCallers} callers on one budget of {budget.Limit}";
        run.Add(name, "answered", answered, "requests");
        run.Add(name, "refused", refused, "requests");
        run.Add(name, "overspent", (double)Math.Max(0, most - budget.Limit), "of its currency");
        return most > budget.Limit ? 1 : 0;
    }

    private static Func<int, SickProvider.Fault> Random(int oneIn)
    {
        var random = new Random(Seed);
        var guard = new Lock();
        return _ =>
        {
            lock (guard) return random.Next(oneIn) == 0 ? SickProvider.Fault.ServerError : SickProvider.Fault.None;
        };
    }
}
