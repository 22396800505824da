using System.Buffers.Text;
using System.Text;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>The names of everything in Redis. FORMAT.md lists them.</summary>
internal sealed class RedisKeys
{
    /// <summary>Hash slots of a cluster.</summary>
    public const int SlotCount = 16_384;

    private const int KindOffset = 2;

    private readonly byte[][] _entryPrefixes;
    private readonly RedisKey[] _logs;

    /// <param name="prefix">First part of every key.</param>
    /// <param name="shardCount">Into how many slots the entries are spread.</param>
    public RedisKeys(string prefix, int shardCount)
    {
        ShardCount = shardCount;
        _entryPrefixes = new byte[shardCount][];
        _logs = new RedisKey[shardCount + 1];
        for (int shard = 0; shard < shardCount; shard++)
        {
            string tag = Tag(shard, shardCount);
            _entryPrefixes[shard] = Encoding.UTF8.GetBytes($"{prefix}:{{{tag}}}:e:");
            _logs[shard] = $"{prefix}:{{{tag}}}:log";
        }

        _logs[shardCount] = $"{prefix}:{{meta}}:log";
        Identity = IdentityOf(prefix);
        Epochs = $"{prefix}:{{meta}}:epochs";
        Changes = RedisChannel.Literal($"{prefix}:changes");
        EntryPattern = $"{prefix}:{{*}}:e:*";
    }

    /// <summary>Shards of entries; the number of the shard that holds identity and epochs.</summary>
    public int ShardCount { get; }

    /// <summary>Key of the store's identity.</summary>
    public RedisKey Identity { get; }

    /// <summary>Key of the epochs.</summary>
    public RedisKey Epochs { get; }

    /// <summary>Where the number of a shard is published when its log grew.</summary>
    public RedisChannel Changes { get; }

    /// <summary>Glob that matches entries only.</summary>
    public string EntryPattern { get; }

    /// <summary>Key of the identity, which is read before the number of shards is known.</summary>
    public static RedisKey IdentityOf(string prefix) => $"{prefix}:{{meta}}:identity";

    /// <summary>The shard of an entry.</summary>
    public int ShardOf(CacheKey key) => (int)((ulong)(key.Scope ^ (key.Scope >> 64)) % (uint)ShardCount);

    /// <summary>Key of a shard's log; <see cref="ShardCount"/> gives that of the epochs.</summary>
    public RedisKey Log(int shard) => _logs[shard];

    /// <summary>Key of an entry.</summary>
    public RedisKey Entry(CacheKey key) => Name(key);

    /// <summary>Key of the lease under which an entry is being made.</summary>
    public RedisKey Lease(CacheKey key) => Name(key, (byte)'l');

    /// <summary>Key of the number of the last lease for an entry.</summary>
    public RedisKey Fence(CacheKey key) => Name(key, (byte)'f');

    private byte[] Name(CacheKey key, byte kind = (byte)'e')
    {
        byte[] prefix = _entryPrefixes[ShardOf(key)];
        Span<byte> address = stackalloc byte[CacheAddress.Size];
        CacheAddress.Write(address, key);
        var name = new byte[prefix.Length + Base64Url.GetEncodedLength(CacheAddress.Size)];
        prefix.CopyTo(name.AsSpan());
        name[prefix.Length - KindOffset] = kind;
        Base64Url.EncodeToUtf8(address, name.AsSpan(prefix.Length));
        return name;
    }

    /// <summary>The entry that a key names; false if it names none.</summary>
    public bool TryParseEntry(ReadOnlySpan<byte> name, out CacheKey key)
    {
        key = default;
        int length = Base64Url.GetEncodedLength(CacheAddress.Size);
        if (name.Length < length) return false;

        Span<byte> address = stackalloc byte[CacheAddress.Size];
        ReadOnlySpan<byte> encoded = name[^length..];
        if (!Base64Url.IsValid(encoded) || Base64Url.DecodeFromUtf8(encoded, address) != CacheAddress.Size) return false;

        key = CacheAddress.Read(address);
        return name[..^length].SequenceEqual(_entryPrefixes[ShardOf(key)]);
    }

    /// <summary>What stands between the braces of a shard's keys: a name whose slot lies in the shard's part of the slots.</summary>
    internal static string Tag(int shard, int shardCount)
    {
        for (int candidate = 0; ; candidate++)
        {
            string tag = $"{shard}.{candidate}";
            if (Slot(Encoding.ASCII.GetBytes(tag)) * shardCount / SlotCount == shard) return tag;
        }
    }

    /// <summary>The slot of a hash tag: CRC16 of the XMODEM kind, as the Redis Cluster specification has it.</summary>
    internal static int Slot(ReadOnlySpan<byte> tag)
    {
        int crc = 0;
        foreach (byte b in tag)
        {
            crc ^= b << 8;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        return crc & (SlotCount - 1);
    }
}
