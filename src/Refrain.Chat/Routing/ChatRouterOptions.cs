using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>How a router chooses, retries and spends. Read once, when the router is made.</summary>
public sealed class ChatRouterOptions
{
    /// <summary>Which route comes first. Default: by priority.</summary>
    public RouteOrder Order { get; set; }

    /// <summary>Most upstream calls for one request, the first included. Default: 4.</summary>
    public int AttemptsMax { get; set; } = 4;

    /// <summary>How long all attempts together may take until the answer, or a stream's first token. Default: 100 s.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Mean pause before a route is tried a second time; doubles each time, with jitter. Default: 250 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest such pause. Default: 5 s.</summary>
    public TimeSpan RetryDelayMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls beyond the first, as a share of first calls, in the long run. Default: 0.2.</summary>
    public double ExtraCallRatio { get; set; } = 0.2;

    /// <summary>Calls beyond the first that may be saved up, and that a new router begins with. Default: 10.</summary>
    public int ExtraCallBurst { get; set; } = 10;

    /// <summary>Failures in a row that open the breaker of a route. A fifth of the last 32 calls, of which there were 10 at least, opens it too. Default: 5.</summary>
    public int BreakerFailures { get; set; } = 5;

    /// <summary>How long a breaker stays open before one call tries the route; doubles each time that fails, up to eightfold. Default: 15 s.</summary>
    public TimeSpan BreakerPause { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest pause that a provider's Retry-After is believed for. Default: 5 min.</summary>
    public TimeSpan RetryAfterMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>After this long without an answer a second route is asked as well, and the first answer wins. It counts as an extra call. Null: never.</summary>
    public TimeSpan? HedgeAfter { get; set; }

    /// <summary>
    /// Whether a stream that breaks after its first token is asked for again elsewhere. It goes on only if the new answer begins with the very
    /// words that have gone out; otherwise the failure reaches the caller. Default: false.
    /// </summary>
    public bool ReplayBrokenStreams { get; set; }

    /// <summary>
    /// Updates that have something to say besides those with text, thoughts, other contents or an end, such as pieces of a tool call that a client hands on
    /// in properties. Until the first update that counts, a stream may move to another route. Null: none.
    /// </summary>
    public Func<ChatResponseUpdate, bool>? CountsAsToken { get; set; }

    /// <summary>Whether a request that names a model may be answered by routes of other models when those of its own fail. Such answers are not stored. Default: false.</summary>
    public bool FallbackAcrossModels { get; set; }

    /// <summary>Budgets of all requests.</summary>
    public IList<Budget> Budgets { get; } = [];

    /// <summary>Budgets of one tenant's requests; asked for each request, so it returns the same budgets each time. Null: none.</summary>
    public Func<string, IReadOnlyList<Budget>>? TenantBudgets { get; set; }

    /// <summary>The tenant of requests that name none. Default: "local".</summary>
    public string Tenant { get; set; } = "local";

    /// <summary>Reads an exception. Null, or a null result: <see cref="ProviderFailure.Of(Exception)"/>.</summary>
    public Func<Exception, ProviderFailure?>? Classify { get; set; }

    /// <summary>Seed of jitter and weights. Null: chance.</summary>
    public int? Seed { get; set; }

    /// <summary>Makes the meter "Refrain.Chat". Null: one of the router's own.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>The clock of pauses and time-outs.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        if (!Enum.IsDefined(Order)) throw new ArgumentOutOfRangeException(nameof(Order), Order, "Unknown order.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(AttemptsMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelayMax, RetryDelay);
        if (!double.IsFinite(ExtraCallRatio) || ExtraCallRatio < 0)
            throw new ArgumentOutOfRangeException(nameof(ExtraCallRatio), ExtraCallRatio, "ExtraCallRatio is a finite number from 0.");
        ArgumentOutOfRangeException.ThrowIfNegative(ExtraCallBurst);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BreakerFailures);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(BreakerPause, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryAfterMax, TimeSpan.Zero);
        if (HedgeAfter is { } hedge) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(hedge, TimeSpan.Zero, nameof(HedgeAfter));
        ArgumentException.ThrowIfNullOrEmpty(Tenant);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
