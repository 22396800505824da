using System.Diagnostics.Metrics;

namespace Refrain.Gateway;

/// <summary>The program's own instruments; the cache below has its own. Nothing is tagged with a prompt, a key, a tenant or a name that a caller chooses.</summary>
internal sealed class GatewayMeter : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Refrain.Gateway";

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;

    public GatewayMeter(IMeterFactory factory)
    {
        _meter = factory.Create(Name);
        _requests = _meter.CreateCounter<long>("refrain.gateway.requests", "{request}", "Chat completions answered, by what the cache did and by status.");
        _duration = _meter.CreateHistogram("refrain.gateway.duration", "s", "From the request's last byte to the answer's last.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
    }

    /// <summary>Counts one answer.</summary>
    public void Count(string outcome, int status, double seconds)
    {
        var cache = new KeyValuePair<string, object?>("cache", outcome);
        _requests.Add(1, cache, new KeyValuePair<string, object?>("status", status));
        _duration.Record(seconds, cache);
    }

    public void Dispose() => _meter.Dispose();
}
