using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>Entries whose value says which key and version they are of, so that a wrong one is recognised.</summary>
internal static class Entries
{
    public static CacheKey Key(int number) => new(
        new UInt128((ulong)number * 0x9E37_79B9_7F4A_7C15 | 1, (ulong)number % 7), new UInt128(0xD1, (ulong)number));

    public static StoredEntry Of(int number, int version = 1, TimeSpan? lifetime = null, DateTimeOffset? createdAt = null, int padding = 0)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        byte[] value = Encoding.UTF8.GetBytes($"{number}/{version}{new string('.', padding)}");
        return new StoredEntry(Key(number), value, now + (lifetime ?? TimeSpan.FromMinutes(5)), createdAt ?? now);
    }

    /// <summary>Number and version of a value.</summary>
    public static (int Number, int Version) Read(ReadOnlyMemory<byte> value)
    {
        string[] parts = Encoding.UTF8.GetString(value.Span).TrimEnd('.').Split('/');
        return (int.Parse(parts[0]), int.Parse(parts[1]));
    }

    public static (int Number, int Version)? Read(StoredEntry? entry) => entry is { } there ? Read(there.Value) : null;
}
