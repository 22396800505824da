using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>The servers that hold the data: one, or all primaries of a cluster.</summary>
internal sealed class Primaries(RedisLink link, RedisStoreOptions options, TimeProvider time)
{
    /// <summary>All of them.</summary>
    /// <exception cref="RedisStoreUnavailableException">One is away: whoever needs all cannot go on.</exception>
    public async ValueTask<IReadOnlyList<IServer>> FindAsync(CancellationToken cancellationToken)
    {
        RedisSession session = link.Session ?? throw new RedisStoreUnavailableException("Redis has not been reached yet.");
        IServer[] connected = [.. session.Multiplexer.GetServers().Where(server => server.IsConnected)];
        if (Array.Find(connected, server => server.ServerType == ServerType.Cluster) is not { } member)
        {
            IServer[] primaries = [.. connected.Where(server => !server.IsReplica)];
            return primaries.Length > 0 ? primaries : throw new RedisStoreUnavailableException("No primary of Redis is connected.");
        }

        ClusterConfiguration? cluster = await AskAsync(() => member.ClusterNodesAsync(), cancellationToken).ConfigureAwait(false);
        List<IServer> owners = [];
        int slots = 0;
        foreach (ClusterNode node in (cluster?.Nodes ?? []).Where(node => !node.IsReplica && node.Slots.Count > 0))
        {
            EndPoint? endpoint = node.EndPoint;
            slots += node.Slots.Sum(range => range.To - range.From + 1);
            owners.Add(Array.Find(connected, server => server.EndPoint.Equals(endpoint))
                ?? throw new RedisStoreUnavailableException($"{endpoint}, a primary of the cluster, is not connected."));
        }

        // A server that failed is not named, but its slots are then nobody's.
        return slots == RedisKeys.SlotCount ? owners : throw new RedisStoreUnavailableException($"Only {slots} slots of the cluster are served.");
    }

    /// <summary>Keys and memory of all.</summary>
    public async ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        long keys = 0;
        long bytes = 0;
        foreach (IServer server in await FindAsync(cancellationToken).ConfigureAwait(false))
        {
            keys += await AskAsync(() => server.DatabaseSizeAsync(link.Session?.Database.Database ?? 0), cancellationToken).ConfigureAwait(false);
            string? used = await MemoryFieldAsync(server, "used_memory", cancellationToken).ConfigureAwait(false);
            if (long.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out long size)) bytes += size;
        }

        return new DurableStatistics(keys, bytes);
    }

    /// <summary>One line of INFO memory.</summary>
    /// <returns>Null if it is not there.</returns>
    public async ValueTask<string?> MemoryFieldAsync(IServer server, string name, CancellationToken cancellationToken)
    {
        RedisResult memory = await AskAsync(() => server.ExecuteAsync("INFO", "memory"), cancellationToken).ConfigureAwait(false);
        foreach (string line in ((string?)memory ?? "").Split("\r\n"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ':') return line[(name.Length + 1)..];
        }

        return null;
    }

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().WaitAsync(options.WriteTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            throw new RedisStoreUnavailableException("A server of Redis did not answer in time.", exception);
        }
    }
}
