using System.Net.Sockets;
using System.Text;

namespace Refrain.Gateway.Tests;

public sealed class SecurityTests
{
    [Fact]
    public async Task A_length_told_in_two_ways_is_refused()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        string answer = await SendRawAsync(gateway,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_body_in_chunks_alone_is_fine()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        string body = RunningGateway.Question("Hi");
        string answer = await SendRawAsync(gateway,
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_property_named_twice_is_refused_before_anybody_is_asked()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync("{}");
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        GatewayAnswer answer = await gateway.AskAsync("""{"model":"cheap","messages":[{"role":"user","content":"x"}],"model":"dear","temperature":0}""");
        Assert.Equal(400, answer.Status);
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_form_of_another_site_cannot_spend_money(string contentType)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        using var content = new StringContent(RunningGateway.Question("Hi"), Encoding.UTF8, contentType);
        using HttpResponseMessage answer = await gateway.Http.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
        Assert.Equal(415, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/stats")]
    [InlineData("/")]
    public async Task A_page_that_reaches_a_local_address_by_a_name_of_its_own_is_refused(string path)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Assert.Equal(403, await StatusAsync(gateway, path, message => message.Headers.Host = "rebound.example"));
        Assert.Equal(200, await StatusAsync(gateway, path, message => message.Headers.Host = "localhost"));
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/healthz")]
    [InlineData("/metrics")]
    [InlineData("/stats")]
    [InlineData("/")]
    public async Task With_keys_every_route_asks_for_one(string path)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.ApiKeys, "first-key, second-key"));
        Assert.Equal(401, await StatusAsync(gateway, path, _ => { }));
        Assert.Equal(401, await StatusAsync(gateway, path, message => message.Headers.TryAddWithoutValidation("Authorization", "Bearer first-ke")));
        Assert.Equal(401, await StatusAsync(gateway, path, message => message.Headers.TryAddWithoutValidation("Authorization", "Bearer ")));
        Assert.Equal(200, await StatusAsync(gateway, path, message => message.Headers.TryAddWithoutValidation("Authorization", "Bearer second-key")));
        Assert.Equal(200, await StatusAsync(gateway, path, message => message.Headers.TryAddWithoutValidation("api-key", "first-key")));
    }

    [Fact]
    public async Task Two_keys_never_share_an_answer()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.ApiKeys, "ann,bob"));
        await gateway.AskAsync(RunningGateway.Question("Hi"), ("Authorization", "Bearer ann"));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question("Hi"), ("Authorization", "Bearer bob"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question("Hi"), ("Authorization", "Bearer bob"), ("X-Refrain-Tenant", "ann"))).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question("Hi"), ("Authorization", "Bearer ann"))).Cache);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    public async Task Without_keys_it_refuses_to_listen_where_others_can_reach_it(string host)
    {
        SettingsException e = await Assert.ThrowsAsync<SettingsException>(() => RunningGateway.StartAsync((SettingNames.Host, host)));
        Assert.Contains(SettingNames.ApiKeys, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.RequestBytesMax, "2000"));
        Assert.Equal(413, (await gateway.AskAsync(RunningGateway.Question(new string('x', 5000)))).Status);
    }

    [Fact]
    public async Task A_taken_port_and_a_taken_directory_are_told_by_name()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        SettingsException port = await Assert.ThrowsAsync<SettingsException>(() => RunningGateway.StartAsync((SettingNames.Port, new Uri(gateway.Url).Port.ToString())));
        Assert.Contains("--port", port.Message, StringComparison.Ordinal);
        SettingsException directory = await Assert.ThrowsAsync<SettingsException>(() => RunningGateway.StartAsync((SettingNames.Data, gateway.DataDirectory)));
        Assert.Contains("--data", directory.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_in_no_file_no_statistics_and_no_error()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((call, response) => call.Body.Contains("fail", StringComparison.Ordinal)
            ? ScriptedUpstream.WriteJsonAsync(response, 400, $$$"""{"error":{"message":"your header was {{{call.Authorization}}}"}}""")
            : ScriptedUpstream.WriteJsonAsync(response, 200, """{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}"""));
        await using RunningGateway gateway = await RunningGateway.StartAsync(
            (SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "canary-upstream"), (SettingNames.ApiKeys, "canary-gateway"));
        (string, string) key = ("Authorization", "Bearer canary-gateway");
        GatewayAnswer stored = await gateway.AskAsync(RunningGateway.Question("Hi", "m"), key);
        GatewayAnswer failed = await gateway.AskAsync(RunningGateway.Question("please fail", "m"), key);
        await gateway.Server.Opened.Cache.FlushAsync(TestContext.Current.CancellationToken);
        gateway.Http.DefaultRequestHeaders.TryAddWithoutValidation(key.Item1, key.Item2);
        string stats = await gateway.Http.GetStringAsync("/stats", TestContext.Current.CancellationToken);
        string metrics = await gateway.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal((200, 400), (stored.Status, failed.Status));
        foreach (string text in (string[])[stored.Body, failed.Body, string.Join('\n', failed.Headers), stats, metrics])
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        foreach (string path in Directory.EnumerateFiles(gateway.DataDirectory, "*", SearchOption.AllDirectories))
            Assert.False(await HoldsAsync(path, "canary"u8.ToArray()), path);
    }

    [Fact]
    public void A_secret_prints_as_a_mark_wherever_it_goes()
    {
        var options = new UpstreamOptions { Url = new Uri("https://h/v1"), Key = new Secret("canary") };
        Assert.DoesNotContain("canary", options.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", $"{new Secret("canary")}", StringComparison.Ordinal);
        Assert.DoesNotContain("canary", System.Text.Json.JsonSerializer.Serialize(new Secret("canary")), StringComparison.Ordinal);
        Assert.Equal("canary", new Secret("canary").Reveal());
    }

    private static async Task<bool> HoldsAsync(string path, byte[] needle)
    {
        using var bytes = new MemoryStream();
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await file.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        }
        catch (IOException) when (path.EndsWith(".lock", StringComparison.Ordinal))
        {
            // A lock file is open to its owner only, and empty.
            return false;
        }
        return bytes.ToArray().AsSpan().IndexOf(needle) >= 0;
    }

    private static async Task<int> StatusAsync(RunningGateway gateway, string path, Action<HttpRequestMessage> change)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        change(message);
        using HttpResponseMessage answer = await gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static async Task<string> SendRawAsync(RunningGateway gateway, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(gateway.Url).Port, TestContext.Current.CancellationToken);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
