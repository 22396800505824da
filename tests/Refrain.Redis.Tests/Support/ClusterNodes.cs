namespace Refrain.Redis.Tests;

/// <summary>Three primaries of a cluster.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private ClusterNodes(RedisServer[] nodes) => Nodes = nodes;

    public RedisServer[] Nodes { get; }

    public string Endpoints => string.Join(',', Nodes.Select(node => node.Endpoint));

    public static async Task<ClusterNodes> StartAsync()
    {
        var nodes = new RedisServer[3];
        for (int node = 0; node < nodes.Length; node++)
        {
            nodes[node] = await RedisFixture.ServerAsync(
                ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no", "--cluster-config-file", "nodes.conf"]);
        }

        (int First, int Last)[] slots = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];
        for (int node = 0; node < nodes.Length; node++)
        {
            Assert.Equal("+OK", await nodes[node].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{slots[node].First}", $"{slots[node].Last}"));
            Assert.Equal("+OK", await nodes[node].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{node + 1}"));
            if (node > 0) Assert.Equal("+OK", await nodes[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{nodes[node].Port}"));
        }

        foreach (RedisServer node in nodes)
            await RedisFixture.WaitUntilAsync(async () => await node.AskAsync("CLUSTER", "INFO") == "cluster_state:ok" && await KnowsAllAsync(node));
        return new ClusterNodes(nodes);
    }

    /// <summary>A server that takes over when a primary dies.</summary>
    public static async Task<RedisServer> AddReplicaAsync(RedisServer primary)
    {
        RedisServer replica = await RedisFixture.ServerAsync(
            ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no", "--cluster-config-file", "nodes.conf", "--repl-diskless-sync-delay", "0"]);
        string id = await primary.AskAsync("CLUSTER", "MYID");
        Assert.Equal("+OK", await replica.AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{primary.Port}"));
        await RedisFixture.WaitUntilAsync(async () => await replica.AskAsync("CLUSTER", "REPLICATE", id) == "+OK");
        await RedisFixture.WaitUntilAsync(async () => await primary.AskAsync("WAIT", "1", "100") == ":1");
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisServer node in Nodes) await node.DisposeAsync();
    }

    // A node that does not yet know who owns a slot answers that nobody serves it: "-CLUSTERDOWN", where an owner says ":0" and others "-MOVED".
    private static async Task<bool> KnowsAllAsync(RedisServer node)
    {
        foreach (string key in new[] { "{0.0}", "{bar}", "{foo}", "a", "b", "c", "d", "e" })
        {
            if ((await node.AskAsync("EXISTS", key)).StartsWith("-CLUSTERDOWN", StringComparison.Ordinal)) return false;
        }

        return true;
    }
}
