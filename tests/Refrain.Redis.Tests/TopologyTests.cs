using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Refrain.Redis.Tests;

/// <summary>A cluster, a primary with a replica, Sentinel, TLS, and users who may do little.</summary>
public sealed class TopologyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_holds_everything_and_loses_only_what_is_on_the_server_that_died()
    {
        await using ClusterNodes cluster = await ClusterNodes.StartAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(cluster.Endpoints) with
        {
            ShardCount = 12,
            ChangePollInterval = TimeSpan.FromMilliseconds(200),
        };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await using RedisStore other = await RedisFixture.ConnectAsync(options);
        StoredEntry[] entries = [.. Enumerable.Range(0, 300).Select(number => Entries.Of(number))];
        await store.SetAsync(entries, Cancellation);
        long epoch = await store.AdvanceEpochAsync(7, Cancellation);

        for (int number = 0; number < entries.Length; number++)
            Assert.Equal((number, 1), Entries.Read(await other.GetAsync(Entries.Key(number), Cancellation)));
        Assert.Equal([new StoredEpoch(7, epoch)], await other.GetEpochsAsync(Cancellation));
        Assert.Equal(300, (await other.EnumerateAsync(Cancellation).Select(entry => entry.Key).ToHashSetAsync(cancellationToken: Cancellation)).Count);
        Assert.True((await store.GetStatisticsAsync(Cancellation)).EntryCount >= 300);
        foreach (RedisServer node in cluster.Nodes)
            Assert.InRange(int.Parse((await node.AskAsync("DBSIZE"))[1..]), 50, 250);

        await cluster.Nodes[1].KillAsync();
        (int served, int failed) = (0, 0);
        for (int number = 0; number < entries.Length; number++)
        {
            try
            {
                if (Entries.Read(await store.GetAsync(Entries.Key(number), Cancellation)) == (number, 1)) served++;
            }
            catch (RedisStoreUnavailableException)
            {
                failed++;
            }
        }

        Assert.Equal(300, served + failed);
        Assert.InRange(served, 100, 299);
        Assert.False(store.IsReachable);
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.EnumerateAsync(Cancellation).CountAsync(Cancellation));
    }

    // Goal: a failover of the cluster's own, under load, costs time and nothing else. Method: a replica of each read that was stored before; the primary is killed while two stores write and read.
    [Fact]
    public async Task A_replica_that_takes_over_while_everybody_reads_and_writes_is_used_and_nothing_is_wrong()
    {
        await using ClusterNodes cluster = await ClusterNodes.StartAsync();
        await using RedisServer replica = await ClusterNodes.AddReplicaAsync(cluster.Nodes[1]);
        RedisStoreOptions options = RedisFixture.OptionsFor(cluster.Endpoints) with
        {
            ShardCount = 12,
            ProbeInterval = TimeSpan.FromMilliseconds(100),
            ChangePollInterval = TimeSpan.FromMilliseconds(200),
        };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await using RedisStore other = await RedisFixture.ConnectAsync(options);
        await store.SetAsync([.. Enumerable.Range(0, 300).Select(number => Entries.Of(number))], Cancellation);
        await RedisFixture.WaitUntilAsync(async () => await replica.AskAsync("DBSIZE") == await cluster.Nodes[1].AskAsync("DBSIZE"));

        int wrong = 0;
        using var stop = new CancellationTokenSource();
        Task[] working = [.. new[] { store, other }.Select((one, worker) => Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                int number = i * 7 % 300;
                try
                {
                    if (Entries.Read(await one.GetAsync(Entries.Key(number), Cancellation)) is not { } found || found.Number != number) Interlocked.Increment(ref wrong);
                    await one.SetAsync([Entries.Of(1_000 + (worker * 100) + (i % 100))], Cancellation);
                }
                catch (RedisStoreUnavailableException)
                {
                    // Until the replica has taken over.
                    await Task.Delay(5, Cancellation);
                }
            }
        }))];
        await Task.Delay(200, Cancellation);
        await cluster.Nodes[1].KillAsync();
        await RedisFixture.WaitUntilAsync(() => !store.IsReachable);

        // A store learns of the death by asking: the other may not have met it yet, and each finds the replica for itself.
        await RedisFixture.WaitUntilAsync(async () => await IsServedAsync(async () =>
        {
            for (int number = 0; number < 300; number++)
                Assert.Equal((number, 1), Entries.Read(await other.GetAsync(Entries.Key(number), Cancellation)));
        }));
        await RedisFixture.WaitUntilAsync(async () => await IsServedAsync(
            async () => await store.SetAsync([.. Enumerable.Range(0, 300).Select(number => Entries.Of(number, version: 2))], Cancellation)));
        await stop.CancelAsync();
        await Task.WhenAll(working);

        Assert.Equal(0, wrong);
        await RedisFixture.WaitUntilAsync(() => store.IsReachable && other.IsReachable);
        Assert.Equal(300, await other.EnumerateAsync(Cancellation).Where(entry => Entries.Read(entry)?.Version == 2).Select(entry => entry.Key).Distinct().CountAsync(Cancellation));
    }

    [Fact]
    public async Task Slots_that_move_to_another_server_are_followed()
    {
        await using ClusterNodes cluster = await ClusterNodes.StartAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(cluster.Endpoints) with { ShardCount = 1 };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await store.SetAsync([.. Enumerable.Range(0, 50).Select(number => Entries.Of(number))], Cancellation);

        int slot = RedisKeys.Slot("0.0"u8);
        (RedisServer from, RedisServer to) = slot <= 5_460 ? (cluster.Nodes[0], cluster.Nodes[1])
            : slot <= 10_922 ? (cluster.Nodes[1], cluster.Nodes[2]) : (cluster.Nodes[2], cluster.Nodes[0]);
        await MoveAsync(slot, from, to);

        for (int number = 0; number < 50; number++)
            Assert.Equal((number, 1), Entries.Read(await store.GetAsync(Entries.Key(number), Cancellation)));
        await store.SetAsync([Entries.Of(1, version: 2)], Cancellation);
        Assert.Equal((1, 2), Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation)));
        Assert.True(store.IsReachable);
    }

    [Fact]
    public async Task After_a_role_swap_at_most_one_write_fails()
    {
        await using RedisServer first = await RedisFixture.ServerAsync();
        await using RedisServer second = await RedisFixture.ServerAsync(["--replicaof", "127.0.0.1", $"{first.Port}", "--repl-diskless-sync-delay", "0"]);
        await RedisFixture.WaitUntilAsync(async () => await second.AskAsync("INFO", "replication") is not null && await HasReplicaAsync(first));
        await using RedisStore store = await RedisFixture.ConnectAsync(RedisFixture.OptionsFor($"{first.Endpoint},{second.Endpoint}"));
        await store.SetAsync([Entries.Of(0)], Cancellation);

        await second.AskAsync("REPLICAOF", "NO", "ONE");
        await first.AskAsync("REPLICAOF", "127.0.0.1", $"{second.Port}");

        int failed = 0;
        for (int number = 1; number <= 50; number++)
        {
            try
            {
                await store.SetAsync([Entries.Of(number)], Cancellation);
            }
            catch (RedisStoreUnavailableException)
            {
                failed++;
            }
        }

        Assert.InRange(failed, 0, 1);
        Assert.StartsWith(":", await second.AskAsync("DBSIZE"), StringComparison.Ordinal);
        Assert.True(int.Parse((await second.AskAsync("DBSIZE"))[1..]) >= 49);
    }

    [Fact]
    public async Task Sentinel_leads_to_the_new_primary_when_the_old_one_dies()
    {
        await using RedisServer first = await RedisFixture.ServerAsync();
        await using RedisServer second = await RedisFixture.ServerAsync(["--replicaof", "127.0.0.1", $"{first.Port}", "--repl-diskless-sync-delay", "0"]);
        await RedisFixture.WaitUntilAsync(() => HasReplicaAsync(first));
        await using RedisServer sentinel = await SentinelAsync(first.Port);
        RedisStoreOptions options = RedisFixture.OptionsFor($"redis+sentinel://{sentinel.Endpoint}/mymaster") with
        {
            WriteTimeout = TimeSpan.FromSeconds(1),
            ProbeInterval = TimeSpan.FromMilliseconds(100),
        };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await store.SetAsync([Entries.Of(1)], Cancellation);
        await RedisFixture.WaitUntilAsync(async () => int.Parse((await second.AskAsync("DBSIZE"))[1..]) >= 2);
        await RedisFixture.WaitUntilAsync(async () => (await sentinel.AskAsync("SENTINEL", "CKQUORUM", "mymaster")).StartsWith("+OK", StringComparison.Ordinal));

        await first.KillAsync();

        await RedisFixture.WaitUntilAsync(async () => await IsServedAsync(async () => await store.SetAsync([Entries.Of(2)], Cancellation)));
        Assert.Equal((1, 1), Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation)));
        Assert.Equal((2, 1), Entries.Read(await store.GetAsync(Entries.Key(2), Cancellation)));
    }

    [Fact]
    public async Task Over_TLS_only_a_server_whose_authority_is_trusted_is_spoken_to()
    {
        string directory = Directory.CreateTempSubdirectory("refrain-tls-").FullName;
        int port = RedisServer.FreePort();
        WriteCertificates(directory);
        await using RedisServer server = await RedisFixture.ServerAsync(
            ["--tls-port", $"{port}", "--tls-cert-file", $"{directory}/server.crt", "--tls-key-file", $"{directory}/server.key", "--tls-ca-cert-file", $"{directory}/ca.crt", "--tls-auth-clients", "no"]);
        RedisStoreOptions options = RedisFixture.OptionsFor($"rediss://localhost:{port}") with { CertificateAuthorityFile = $"{directory}/ca.crt" };

        await using (RedisStore trusting = await RedisFixture.ConnectAsync(options))
        {
            await trusting.SetAsync([Entries.Of(1)], Cancellation);
            Assert.Equal((1, 1), Entries.Read(await trusting.GetAsync(Entries.Key(1), Cancellation)));
        }

        await using RedisStore distrusting = await RedisStore.ConnectAsync(
            options with { CertificateAuthorityFile = null, ConnectTimeout = TimeSpan.FromSeconds(1) }, cancellationToken: Cancellation);
        Assert.False(distrusting.IsReachable);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_user_who_may_do_only_what_the_guide_lists_can_do_everything()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--requirepass", "admin"], "admin");
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { User = "refrain", Password = "s3cret", ChangePollInterval = TimeSpan.FromHours(1) };
        string[] rules = OperatingGuide.AclRules(options.KeyPrefix, "s3cret");
        Assert.Equal("+OK", await server.AskAsync(["ACL", "SETUSER", "refrain", .. rules]));

        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await using RedisStore other = await RedisFixture.ConnectAsync(options);
        await using IAsyncEnumerator<StoreChange> told = other.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await told.MoveNextAsync());
        Assert.Equal("*1", await server.AskAsync("PUBSUB", "CHANNELS", $"{options.KeyPrefix}*"));
        await store.SetAsync([Entries.Of(1), Entries.Of(2)], Cancellation);
        Assert.NotNull(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.Equal(2, await store.EnumerateAsync(Cancellation).CountAsync(Cancellation));
        Assert.Equal(1, await store.RemoveAsync([Entries.Key(1)], Cancellation));
        Assert.True(await store.AdvanceEpochAsync(7, Cancellation) > 0);
        Assert.True((await store.GetStatisticsAsync(Cancellation)).SizeBytes > 0);
        Assert.True(await new RedisBudget(store, "money", 1m).TryDrawAsync("", 1m, Cancellation));
        await new RedisBudget(store, "money", 1m).GiveBackAsync("", 1m, Cancellation);

        // Whoever may not listen would hear of it in an hour.
        Task<bool> next = told.MoveNextAsync().AsTask();
        await RedisFixture.WaitUntilAsync(() => next.IsCompleted);
        Assert.True(await next);
        Assert.Equal(StoreChangeKind.Stored, told.Current.Kind);

        // Were the wrong password let in, the rules would have shown nothing.
        await using RedisStore stranger = await RedisStore.ConnectAsync(options with { Password = "wrong", ConnectTimeout = TimeSpan.FromMilliseconds(500) }, cancellationToken: Cancellation);
        Assert.False(stranger.IsReachable);
    }

    private static async Task<bool> IsServedAsync(Func<Task> ask)
    {
        try
        {
            await ask();
            return true;
        }
        catch (RedisStoreUnavailableException)
        {
            return false;
        }
    }

    private static async Task<bool> HasReplicaAsync(RedisServer primary) => await primary.AskAsync("WAIT", "1", "100") == ":1";

    private static async Task<RedisServer> SentinelAsync(int primaryPort)
    {
        int port = RedisServer.FreePort();
        string file = Path.Combine(Directory.CreateTempSubdirectory("refrain-sentinel-").FullName, "sentinel.conf");
        await File.WriteAllLinesAsync(file, [
            $"port {port}", "bind 127.0.0.1", "loglevel warning",
            $"sentinel monitor mymaster 127.0.0.1 {primaryPort} 1",
            "sentinel down-after-milliseconds mymaster 500", "sentinel failover-timeout mymaster 3000",
        ]);
        return await RedisServer.StartAsync([file, "--sentinel"], port: port);
    }

    private static async Task MoveAsync(int slot, RedisServer from, RedisServer to)
    {
        await using ConnectionMultiplexer source = await ConnectionMultiplexer.ConnectAsync($"{from.Endpoint},allowAdmin=true,$CLUSTER=CLUSTER");
        IServer server = source.GetServer(from.Endpoint);
        string fromId = await from.AskAsync("CLUSTER", "MYID");
        string toId = await to.AskAsync("CLUSTER", "MYID");
        await to.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", fromId);
        await from.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", toId);
        while ((RedisKey[]?)await server.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 100) is { Length: > 0 } keys)
        {
            foreach (RedisKey key in keys) Assert.Equal("+OK", await from.AskAsync("MIGRATE", "127.0.0.1", $"{to.Port}", key!, "0", "2000"));
        }

        await to.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", toId);
        await from.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", toId);
    }

    private static void WriteCertificates(string directory)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using RSA authorityKey = RSA.Create(2_048);
        var authority = new CertificateRequest("CN=Refrain test authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        using X509Certificate2 authorityCertificate = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        using RSA serverKey = RSA.Create(2_048);
        var request = new CertificateRequest("CN=localhost", serverKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authorityCertificate, now.AddDays(-1), now.AddHours(12), [1, 2, 3, 4]);

        File.WriteAllText(Path.Combine(directory, "ca.crt"), authorityCertificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.key"), serverKey.ExportPkcs8PrivateKeyPem());
    }
}
