using System.Net;
using StackExchange.Redis;

namespace Refrain.Redis.Tests;

public sealed class RedisConnectionTests
{
    [Theory]
    [InlineData("redis://h", "h:6379", false, null, null, null)]
    [InlineData("redis://h:7000/3", "h:7000", false, null, null, 3)]
    [InlineData("rediss://:p%40ss@h:7000/", "h:7000", true, null, "p@ss", null)]
    [InlineData("rediss://user:p:w@h", "h:6379", true, "user", "p:w", null)]
    [InlineData("valkey://a:1,b:2,c", "a:1,b:2,c:6379", false, null, null, null)]
    [InlineData("h:7000,password=x,ssl=true", "h:7000", true, null, "x", null)]
    public void A_url_or_connection_string_says_where_and_how(string connection, string hosts, bool ssl, string? user, string? password, int? database)
    {
        ConfigurationOptions configuration = RedisConnection.Configure(new RedisStoreOptions { Connection = connection });
        Assert.Equal(hosts, string.Join(',', configuration.EndPoints.Select(HostOf)));
        Assert.Equal((ssl, user, password, database), (configuration.Ssl, configuration.User, configuration.Password, configuration.DefaultDatabase));
    }

    [Fact]
    public void A_sentinel_url_names_its_service()
    {
        ConfigurationOptions configuration = RedisConnection.Configure(new RedisStoreOptions { Connection = "redis+sentinel://a,b:7/mymaster/2" });
        Assert.Equal("a:26379,b:7", string.Join(',', configuration.EndPoints.Select(HostOf)));
        Assert.Equal(("mymaster", 2), (configuration.ServiceName, configuration.DefaultDatabase));
    }

    [Theory]
    [InlineData("http://h")]
    [InlineData("redis://")]
    [InlineData("redis://h/x")]
    [InlineData("redis://h/1/2")]
    [InlineData("redis+sentinel://h")]
    [InlineData("h:1,nonsense=1")]
    public void What_cannot_be_read_is_refused(string connection) =>
        Assert.Throws<FormatException>(() => RedisConnection.Configure(new RedisStoreOptions { Connection = connection }));

    [Theory]
    [InlineData("redis://user:s3cret@h:1/0")]
    [InlineData("redis://:s3cret@h:1")]
    [InlineData("redis://:s3@cret@h:1")]
    [InlineData("h:1,password=s3cret,user=x")]
    public void Secrets_do_not_reach_logs(string connection)
    {
        var options = new RedisStoreOptions { Connection = connection, Password = "s3cret", SentinelPassword = "s3cret" };
        Assert.DoesNotContain("cret", options.ToString(), StringComparison.Ordinal);
        Assert.Contains("h:1", options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_override_the_connection()
    {
        ConfigurationOptions configuration = RedisConnection.Configure(
            new RedisStoreOptions { Connection = "redis://a:b@h", Ssl = true, User = "c", Password = "d" });
        Assert.Equal((true, "c", "d"), (configuration.Ssl, configuration.User, configuration.Password));
    }

    [Fact]
    public void It_fails_fast_checks_every_reply_and_never_sends_KEYS()
    {
        ConfigurationOptions configuration = RedisConnection.Configure(new RedisStoreOptions());
        Assert.False(configuration.AbortOnConnectFail);
        Assert.Same(BacklogPolicy.FailFast, configuration.BacklogPolicy);
        Assert.True(configuration.HighIntegrity);
        Assert.Contains("$KEYS=", configuration.CommandMap.ToString(), StringComparison.Ordinal);
    }

    private static string HostOf(EndPoint endpoint) => endpoint is DnsEndPoint host ? $"{host.Host}:{host.Port}" : endpoint.ToString()!;
}
