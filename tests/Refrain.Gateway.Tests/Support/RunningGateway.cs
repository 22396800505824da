using System.Text;

namespace Refrain.Gateway.Tests;

/// <summary>The whole program but its command line, on a free port and with a data directory of its own. The demo model's delays are counted, not slept.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly TemporaryDirectory? _ownDirectory;
    private readonly GatewayServer _server;

    private RunningGateway(GatewayServer server, TemporaryDirectory? ownDirectory)
    {
        _server = server;
        _ownDirectory = ownDirectory;
        Http = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60) };
    }

    public string Url => _server.Urls.First();

    public string DataDirectory => _server.Opened.Directory;

    public HttpClient Http { get; }

    public GatewayServer Server => _server;

    /// <param name="settings">Names and values as in the environment.</param>
    public static async Task<RunningGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        TemporaryDirectory? own = settings.Any(setting => setting.Name == SettingNames.Data) ? null : new TemporaryDirectory();
        var all = new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingNames.Port] = "0" };
        if (own is not null)
            all[SettingNames.Data] = own.Path;
        foreach ((string name, string value) in settings)
            all[name] = value;
        GatewaySettings read = GatewaySettings.Read(GatewayConfiguration.Build(all));
        var demoTime = new VirtualTimeProvider(DateTimeOffset.UnixEpoch);
        return new RunningGateway(await GatewayServer.StartAsync(read, TimeProvider.System, demoTime, TestContext.Current.CancellationToken), own);
    }

    /// <summary>The body of a chat of one question.</summary>
    public static string Question(string text, string model = "demo-small", string more = "\"temperature\":0") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}],{{more}}}""";

    /// <summary>Sends a chat.</summary>
    /// <param name="body">JSON.</param>
    /// <param name="headers">Of the request.</param>
    public async Task<GatewayAnswer> AskAsync(string body, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach ((string name, string value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await Http.SendAsync(message, TestContext.Current.CancellationToken);
        return new GatewayAnswer(
            (int)response.StatusCode,
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _ownDirectory?.Dispose();
    }
}
