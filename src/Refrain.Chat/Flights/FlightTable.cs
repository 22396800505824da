namespace Refrain.Chat;

/// <summary>The upstream calls under way, one a key.</summary>
internal sealed class FlightTable(TimeSpan abandonedTimeout, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FlightKey, AnswerFlight> _flights = [];
    private long _landed;

    /// <summary>Flights that have ended. If it grew between a look-up and the start of a flight, the look-up may be outdated.</summary>
    public long Landed => Interlocked.Read(ref _landed);

    /// <summary>Calls under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _flights.Count;
        }
    }

    /// <summary>Joins the flight of that key, or begins one.</summary>
    /// <param name="key">What is asked.</param>
    /// <param name="request">How its answer is to be kept.</param>
    /// <param name="isFirst">Whether the flight is new: its caller runs it.</param>
    public AnswerFlight Join(FlightKey key, RefrainRequest request, out bool isFirst)
    {
        lock (_lock)
        {
            isFirst = !_flights.TryGetValue(key, out AnswerFlight? flight) || !flight.TryJoin(request);
            if (!isFirst) return flight!;
            flight = new AnswerFlight(abandonedTimeout, time);
            flight.TryJoin(request);
            _flights[key] = flight;
            return flight;
        }
    }

    /// <summary>Takes a flight off the table: nobody joins it any more. Those who wait for it keep it.</summary>
    public void Land(FlightKey key, AnswerFlight flight)
    {
        lock (_lock)
        {
            if (_flights.TryGetValue(key, out AnswerFlight? current) && current == flight) _flights.Remove(key);
            _landed++;
        }
    }
}
