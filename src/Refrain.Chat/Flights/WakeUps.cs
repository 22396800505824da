namespace Refrain.Chat;

/// <summary>
/// Wakes a few readers, one after the other on one thread of the pool: a work item a reader costs as much as what the reader does with a chunk.
/// A reader that blocks its thread holds up those behind it, so there are few.
/// </summary>
internal sealed class WakeUps(FlightReader[] readers) : IThreadPoolWorkItem
{
    private const int Together = 8;

    /// <summary>Wakes all of them; returns before they run.</summary>
    public static void Queue(List<FlightReader> readers)
    {
        for (int start = 0; start < readers.Count; start += Together)
        {
            var few = new FlightReader[Math.Min(Together, readers.Count - start)];
            readers.CopyTo(start, few, 0, few.Length);
            ThreadPool.UnsafeQueueUserWorkItem(new WakeUps(few), preferLocal: false);
        }
    }

    public void Execute()
    {
        foreach (FlightReader reader in readers) reader.Wake();
    }
}
