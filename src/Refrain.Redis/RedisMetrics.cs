using System.Diagnostics.Metrics;

namespace Refrain.Redis;

/// <summary>What is counted about Redis. No tag holds a key, a tenant or a prompt.</summary>
internal sealed class RedisMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Refrain.Redis";

    private readonly Meter _meter;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _foreign;
    private readonly Counter<long> _refusedWrites;
    private readonly Counter<long> _olderWrites;
    private readonly Counter<long> _fencedWrites;
    private readonly Counter<long> _missed;
    private readonly Histogram<double> _lag;
    private long _foreignCount;
    private long _refusedWriteCount;

    /// <param name="factory">Null: a meter that only listeners in process see.</param>
    /// <param name="isReachable">Whether calls are let through.</param>
    public RedisMetrics(IMeterFactory? factory, Func<bool> isReachable)
    {
        var options = new MeterOptions(MeterName);
        _meter = factory?.Create(options) ?? new Meter(options);
        _failures = _meter.CreateCounter<long>("refrain.redis.failures", "{call}", "Calls that Redis did not answer, or refused.");
        _foreign = _meter.CreateCounter<long>("refrain.redis.foreign", "{reply}", "Replies that were not what stands at the key asked for; dropped.");
        _refusedWrites = _meter.CreateCounter<long>("refrain.redis.writes.refused", "{entry}", "Entries that a full Redis did not take.");
        _olderWrites = _meter.CreateCounter<long>("refrain.redis.writes.older", "{entry}", "Entries not stored because a younger one, or a later removal, was there.");
        _fencedWrites = _meter.CreateCounter<long>("refrain.redis.writes.fenced", "{entry}", "Entries not stored because their maker had lost its lease to another process.");
        _missed = _meter.CreateCounter<long>("refrain.redis.changes.missed", "{time}", "Times that the change log had moved on too far and everything was compared.");
        _lag = _meter.CreateHistogram<double>("refrain.redis.changes.lag", "s", "From a change in Redis to its arrival here, by two clocks.");
        _meter.CreateObservableGauge("refrain.redis.reachable", () => isReachable() ? 1 : 0, "1", "1 while calls are let through.");
    }

    /// <summary>Replies dropped so far because they belonged to another key.</summary>
    public long ForeignCount => Interlocked.Read(ref _foreignCount);

    /// <summary>Entries refused so far because Redis was full.</summary>
    public long RefusedWriteCount => Interlocked.Read(ref _refusedWriteCount);

    /// <summary>A call failed.</summary>
    public void Failed() => _failures.Add(1);

    /// <summary>A reply was another key's.</summary>
    public void Foreign()
    {
        Interlocked.Increment(ref _foreignCount);
        _foreign.Add(1);
    }

    /// <summary>Redis is full.</summary>
    public void RefusedWrites(int count)
    {
        Interlocked.Add(ref _refusedWriteCount, count);
        _refusedWrites.Add(count);
    }

    /// <summary>An entry was older than what is there.</summary>
    public void OlderWrite() => _olderWrites.Add(1);

    /// <summary>An entry was made under a lease that another has taken over.</summary>
    public void FencedWrite() => _fencedWrites.Add(1);

    /// <summary>The log has a gap.</summary>
    public void Missed() => _missed.Add(1);

    /// <summary>A change of another process arrived.</summary>
    public void Lag(TimeSpan lag) => _lag.Record(Math.Max(0, lag.TotalSeconds));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
