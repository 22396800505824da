using System.Collections.Concurrent;

namespace Refrain;

/// <summary>Makes stale answers anew in the background, once a key at a time.</summary>
internal sealed class Refresher(CacheCounters counters) : IDisposable
{
    private readonly ConcurrentDictionary<FlightKey, bool> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Whether anything is being made anew.</summary>
    internal bool IsBusy => !_running.IsEmpty;

    /// <summary>Starts the work, unless it is under way.</summary>
    /// <param name="key">What is made anew.</param>
    /// <param name="work">Makes and stores the answer. A failure is counted: the stale answer is served on, until it ends.</param>
    internal void Start(FlightKey key, Func<CancellationToken, Task> work)
    {
        if (!_stopping.IsCancellationRequested && _running.TryAdd(key, true))
            _ = RunAsync(key, work);
    }

    public void Dispose() => _stopping.Cancel();

    private async Task RunAsync(FlightKey key, Func<CancellationToken, Task> work)
    {
        // Off the caller's thread from the first instruction: he was promised the stale answer at once.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await work(_stopping.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Nobody waits for it.
        catch (Exception)
#pragma warning restore CA1031
        {
            counters.RefreshFailures.Increment();
        }

        _running.TryRemove(key, out _);
    }
}
