namespace Refrain;

/// <summary>Rounds that an entry gets for nothing: one for each doubling of the average saving by the byte.</summary>
internal sealed class CreditRule
{
    /// <summary>How slowly the average follows: the weight of one entry is one in so many.</summary>
    private const int AveragingLength = 256;

    private double _averageWorth;

    internal byte Of(CacheEntry entry)
    {
        double worth = entry.WorthPerByte;

        // The first is the average: else whatever came early would seem to save far more than it.
        _averageWorth += _averageWorth == 0 ? worth : (worth - _averageWorth) / AveragingLength;
        if (!(worth > 2 * _averageWorth))
            return 0;
        return (byte)Math.Min(CacheEntry.UsesMax, Math.ILogB(worth / _averageWorth));
    }
}
