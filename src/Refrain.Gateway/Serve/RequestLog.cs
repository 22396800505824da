namespace Refrain.Gateway;

/// <summary>The last answers, for the page that shows them: no prompt, no key, no tenant.</summary>
internal sealed class RequestLog
{
    /// <summary>How many are kept.</summary>
    public const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly Queue<RequestRecord> _records = new(Capacity);

    public void Add(RequestRecord record)
    {
        lock (_gate)
        {
            if (_records.Count == Capacity)
                _records.Dequeue();
            _records.Enqueue(record);
        }
    }

    /// <summary>The records, newest first.</summary>
    public RequestRecord[] Snapshot()
    {
        lock (_gate)
            return [.. _records.Reverse()];
    }
}
