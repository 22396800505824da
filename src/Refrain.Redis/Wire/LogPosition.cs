using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>The last item seen of a log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Item">Its bytes: after a failover another item may get the same id.</param>
internal sealed record LogPosition(RedisValue Id, byte[] Item)
{
    /// <summary>Whether this is that item.</summary>
    public bool IsAt(StreamEntry entry) => entry.Id == Id && BytesOf(entry).AsSpan().SequenceEqual(Item);

    /// <summary>The item's bytes; none if it is not one of ours.</summary>
    public static byte[] BytesOf(StreamEntry entry) => entry.Values is [var field, ..] ? (byte[]?)field.Value ?? [] : [];
}
