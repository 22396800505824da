using Microsoft.Extensions.Configuration;

namespace Refrain.Gateway.Tests;

public sealed class GatewaySettingsTests
{
    [Fact]
    public void Nothing_set_means_the_demo_model_on_this_machine_only()
    {
        GatewaySettings settings = Read();
        Assert.Empty(settings.Upstreams);
        Assert.Equal(("127.0.0.1", (int?)null), (settings.Host, settings.Port));
        Assert.Equal(0.1f, settings.TemperatureMax);
        Assert.False(settings.CacheWithoutTemperature);
    }

    [Fact]
    public void Upstreams_are_read_in_their_order_each_with_its_own_settings()
    {
        GatewaySettings settings = Read(
            (SettingNames.UpstreamUrl, "https://a.example/v1"), (SettingNames.UpstreamApiKey, "ka"), (SettingNames.UpstreamTimeoutSeconds, "5"),
            ("REFRAIN_UPSTREAM_2_URL", "http://b.example:8000/v1/"), ("REFRAIN_UPSTREAM_2_MODEL", "m2"));
        Assert.Equal(["a.example", "b.example:8000"], settings.Upstreams.Select(upstream => upstream.Name));
        Assert.Equal(("ka", TimeSpan.FromSeconds(5)), (settings.Upstreams[0].Key.Reveal(), settings.Upstreams[0].Timeout));
        Assert.Equal((false, "m2"), (settings.Upstreams[1].Key.IsSet, settings.Upstreams[1].Model));
    }

    [Theory]
    [InlineData("REFRAIN_UPSTREAM_URL", "ftp://a/v1")]
    [InlineData("REFRAIN_UPSTREAM_URL", "https://user:pass@a/v1")]
    [InlineData("REFRAIN_UPSTREAM_URL", "https://a/v1?key=x")]
    [InlineData("REFRAIN_UPSTREAM_URL", "/v1")]
    [InlineData("REFRAIN_UPSTREAM_3_URL", "https://a/v1")]
    [InlineData("REFRAIN_UPSTREAM_TIMEOUT_SECONDS", "0", "REFRAIN_UPSTREAM_URL", "https://a/v1")]
    [InlineData("REFRAIN_PORT", "70000")]
    [InlineData("REFRAIN_PORT", "-1")]
    [InlineData("REFRAIN_REQUEST_BYTES_MAX", "1e6")]
    [InlineData("REFRAIN_TEMPERATURE_MAX", "NaN")]
    [InlineData("REFRAIN_CACHE_WITHOUT_TEMPERATURE", "maybe")]
    public void A_value_that_makes_no_sense_is_refused_by_its_name(string name, string value, string? otherName = null, string? otherValue = null)
    {
        SettingsException e = Assert.Throws<SettingsException>(() => Read((name, value), (otherName ?? "X", otherValue ?? "")));
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:80", true)]
    [InlineData("http://127.5.5.5:80", true)]
    [InlineData("http://localhost:80", true)]
    [InlineData("http://[::1]:80", true)]
    [InlineData("http://unix:/run/refrain.sock", true)]
    [InlineData("http://0.0.0.0:80", false)]
    [InlineData("http://[::]:80", false)]
    [InlineData("http://*:80", false)]
    [InlineData("http://+:80", false)]
    [InlineData("http://localhost.evil.example:80", false)]
    [InlineData("http://192.168.1.5:80", false)]
    public void Only_addresses_of_this_machine_are_loopback(string url, bool expected) => Assert.Equal(expected, ListenAddresses.IsLoopback(url));

    private static GatewaySettings Read(params (string Name, string Value)[] settings) => GatewaySettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}
