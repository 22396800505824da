namespace Refrain;

/// <summary>Does in process what other processes did to the store.</summary>
internal sealed class StoreFollower
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private readonly StoreLink _link;
    private readonly IChangeFeed _feed;
    private readonly MonotonicClock _clock;
    private readonly TaskCompletionSource _isFollowing;
    private readonly Lock _comparing = new();
    private Task _reconciling = Task.CompletedTask;
    private Task _refilling = Task.CompletedTask;
    private Comparison _due;

    /// <param name="link">The doors into the tiers in process.</param>
    /// <param name="feed">What happens in the store.</param>
    /// <param name="clock">Times the pauses between tries.</param>
    /// <param name="isFollowing">Completed once every later change is told.</param>
    internal StoreFollower(StoreLink link, IChangeFeed feed, MonotonicClock clock, TaskCompletionSource isFollowing)
    {
        _link = link;
        _feed = feed;
        _clock = clock;
        _isFollowing = isFollowing;
    }

    /// <summary>What has to be compared; the greater includes the smaller.</summary>
    private enum Comparison
    {
        None,
        Additions,
        Everything,
    }

    /// <summary>Follows until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (StoreChange change in _feed.WatchAsync(stopping).ConfigureAwait(false))
                await ApplyAsync(change, stopping).ConfigureAwait(false);
        }
        finally
        {
            await _reconciling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _refilling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ApplyAsync(StoreChange change, CancellationToken stopping)
    {
        switch (change.Kind)
        {
            case StoreChangeKind.Stored:
                _link.Put(change.Entry);
                break;
            case StoreChangeKind.Removed:
                _link.Forget(change.Entry.Key);
                break;
            case StoreChangeKind.EpochAdvanced:
                _link.Learn(change.Epoch);
                break;
            case StoreChangeKind.Missed:
                // A removal may be among what was missed. What the index still points to is looked up in the store when it is hit.
                _link.ForgetTable();
                Reconcile(Comparison.Everything, stopping);
                _isFollowing.TrySetResult();
                break;
            case StoreChangeKind.Emptied:
                Reconcile(Comparison.Additions, stopping);
                _refilling = RefillAfterAsync(_refilling, stopping);
                break;
            case StoreChangeKind.Reseeded:
                while (!await _link.ReopenAsync(stopping).ConfigureAwait(false))
                    await Task.Delay(RetryPause, _clock.Time, stopping).ConfigureAwait(false);
                break;
            default:
                throw new InvalidOperationException($"The store tells of a change of kind {change.Kind}, which is none.");
        }
    }

    /// <summary>Compares in the background: an invalidation that is told meanwhile must not wait for it.</summary>
    private void Reconcile(Comparison comparison, CancellationToken stopping)
    {
        lock (_comparing)
            _due = comparison > _due ? comparison : _due;
        _reconciling = ReconcileAfterAsync(_reconciling, stopping);
    }

    private async Task ReconcileAfterAsync(Task earlier, CancellationToken stopping)
    {
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Comparison comparison;
        lock (_comparing)
        {
            comparison = _due;
            _due = Comparison.None;
        }

        // Nothing is due where one comparison has already done what several changes asked for.
        while (comparison != Comparison.None && !await _link.TryReconcileAsync(comparison == Comparison.Everything, stopping).ConfigureAwait(false))
            await Task.Delay(RetryPause, _clock.Time, stopping).ConfigureAwait(false);
    }

    private async Task RefillAfterAsync(Task earlier, CancellationToken stopping)
    {
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await _link.RefillAsync(stopping).ConfigureAwait(false);
    }
}
