using Microsoft.Extensions.Configuration;

namespace Refrain.Redis.Tests;

public sealed class RedisStoreOptionsTests
{
    [Fact]
    public void Without_a_url_no_redis_is_meant() => Assert.Null(RedisStoreOptions.FromConfiguration(Configuration()));

    [Fact]
    public void Every_variable_is_read()
    {
        RedisStoreOptions options = Assert.IsType<RedisStoreOptions>(RedisStoreOptions.FromConfiguration(Configuration(
            ("CACHE_REDIS_URL", "redis://h"), ("CACHE_REDIS_SSL", "true"), ("CACHE_REDIS_CA_FILE", "ca.pem"), ("CACHE_REDIS_USER", "u"), ("CACHE_REDIS_PASSWORD", "p"),
            ("CACHE_REDIS_SENTINEL_USER", "su"), ("CACHE_REDIS_SENTINEL_PASSWORD", "sp"), ("CACHE_REDIS_KEY_PREFIX", "k"))));
        Assert.Equal(
            ("redis://h", true, "ca.pem", "u", "p", "su", "sp", "k"),
            (options.Connection, options.Ssl, options.CertificateAuthorityFile, options.User, options.Password, options.SentinelUser, options.SentinelPassword, options.KeyPrefix));
    }

    [Fact]
    public void A_switch_that_is_neither_on_nor_off_is_refused() =>
        Assert.Throws<FormatException>(() => RedisStoreOptions.FromConfiguration(Configuration(("CACHE_REDIS_URL", "redis://h"), ("CACHE_REDIS_SSL", "perhaps"))));

    public static TheoryData<RedisStoreOptions> Invalid => new(
        new RedisStoreOptions { KeyPrefix = "" },
        new RedisStoreOptions { KeyPrefix = "a{b" },
        new RedisStoreOptions { KeyPrefix = "a*" },
        new RedisStoreOptions { KeyPrefix = new string('a', 65) },
        new RedisStoreOptions { ShardCount = 0 },
        new RedisStoreOptions { ShardCount = 1_025 },
        new RedisStoreOptions { ReadTimeout = TimeSpan.Zero },
        new RedisStoreOptions { WriteTimeout = TimeSpan.FromDays(2) },
        new RedisStoreOptions { ConnectTimeout = TimeSpan.FromSeconds(-1) },
        new RedisStoreOptions { ProbeInterval = TimeSpan.Zero },
        new RedisStoreOptions { ChangePollInterval = TimeSpan.Zero },
        new RedisStoreOptions { RemovalMemory = TimeSpan.Zero },
        new RedisStoreOptions { BreakerFailureCount = 0 },
        new RedisStoreOptions { ChangeLogLength = 15 },
        new RedisStoreOptions { EnumerationRateMax = 0 });

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public async Task An_option_out_of_its_range_is_refused_before_anything_is_connected(RedisStoreOptions options) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await RedisStore.ConnectAsync(options));

    private static IConfiguration Configuration(params (string Name, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Name, (string?)value.Value))).Build();
}
