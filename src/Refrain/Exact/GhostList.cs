using System.Numerics;

namespace Refrain;

/// <summary>Digests of entries that were let go after a short stay: one that comes back was worth keeping. Forgets by itself.</summary>
internal sealed class GhostList
{
    /// <summary>A fingerprint in the upper half, the number of its insertion in the lower.</summary>
    private readonly ulong[] _ghosts;
    private readonly uint _span;
    private uint _insertions = 1;

    /// <param name="count">How many of the latest it knows.</param>
    internal GhostList(int count)
    {
        _span = (uint)Math.Max(1, count);
        _ghosts = new ulong[BitOperations.RoundUpToPowerOf2(_span * 2)];
    }

    internal void Add(UInt128 digest) => _ghosts[PlaceOf(digest)] = ((ulong)FingerprintOf(digest) << 32) | _insertions++;

    internal bool Remove(UInt128 digest)
    {
        ulong ghost = _ghosts[PlaceOf(digest)];
        if (ghost >> 32 != FingerprintOf(digest) || _insertions - (uint)ghost > _span)
            return false;
        _ghosts[PlaceOf(digest)] = 0;
        return true;
    }

    private int PlaceOf(UInt128 digest) => (int)((ulong)(digest >> 32) & (ulong)(_ghosts.Length - 1));

    private static uint FingerprintOf(UInt128 digest) => (uint)(digest >> 96) | 1;
}
