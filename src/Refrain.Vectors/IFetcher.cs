namespace Refrain.Vectors;

/// <summary>Whoever keeps something at the keys of an index: it is fetched into the processor's caches while the index still compares.</summary>
internal interface IFetcher
{
    /// <summary>Hints that what is kept at a key may be wanted soon. Any number may come, and from many threads.</summary>
    void Fetch(UInt128 key);
}
