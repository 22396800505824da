using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>A redis-server process of our own on a free port, with a directory of its own, that can be killed, stopped and started again.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string[] _arguments;
    private readonly string? _password;
    private Process? _process;

    // A port of Redis is below those that the system gives to whoever connects (32,768 and up, that of a cluster node 10,000 above its own included): a client that tries to come back to a server
    // that was killed could otherwise be given the server's own port, and hold it.
    private const int FirstPort = 10_000;
    private const int LastPort = 22_000;

    private RedisServer(int port, string directory, string[] arguments, string? password)
    {
        Port = port;
        _directory = directory;
        _arguments = arguments;
        _password = password;
    }

    public int Port { get; }

    public string Endpoint => $"127.0.0.1:{Port}";

    public string Directory => _directory;

    /// <summary>What is started: redis-server, or what REFRAIN_REDIS_SERVER names, such as valkey-server.</summary>
    public static string Program => Environment.GetEnvironmentVariable("REFRAIN_REDIS_SERVER") is { Length: > 0 } named ? named : "redis-server";

    public static bool IsInstalled => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="arguments">As on its command line.</param>
    /// <param name="password">For the PING that finds out whether it answers; null: an error also counts as an answer.</param>
    /// <param name="port">Null: a free one.</param>
    public static async Task<RedisServer> StartAsync(string[]? arguments = null, string? password = null, int? port = null)
    {
        for (int attempt = 0; ; attempt++)
        {
            string directory = System.IO.Directory.CreateTempSubdirectory("refrain-redis-").FullName;
            var server = new RedisServer(port ?? FreePort(), directory, arguments ?? [], password);
            try
            {
                await server.StartAgainAsync();
                return server;
            }
            catch (InvalidOperationException) when (port is null && attempt < 5)
            {
                // Somebody else was quicker to take the port.
                await server.DisposeAsync();
            }
        }
    }

    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo(Program) { WorkingDirectory = _directory, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string[] usual = ["--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _directory, "--save", "", "--appendonly", "no", "--loglevel", "warning"];
        bool isConfigured = _arguments is [['/', ..], ..];
        foreach (string argument in isConfigured ? _arguments : usual.Concat(_arguments)) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        await WaitUntilItAnswersAsync();
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public Task StopAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>One command, sent without any client, answered by one line.</summary>
    public async Task<string> AskAsync(params string[] command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        await using NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        if (_password is not null) await SendAsync(stream, reader, ["AUTH", _password]);
        return await SendAsync(stream, reader, command);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await SignalAsync("CONT");
            await KillAsync();
        }

        _process?.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    internal static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(FirstPort, LastPort));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    private static async Task<string> SendAsync(NetworkStream stream, StreamReader reader, string[] command)
    {
        var request = new StringBuilder($"*{command.Length}\r\n");
        foreach (string part in command) request.Append($"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()));
        string line = await reader.ReadLineAsync() ?? "";
        return line.StartsWith('$') && line != "$-1" ? await reader.ReadLineAsync() ?? "" : line;
    }

    private async Task WaitUntilItAnswersAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            if (_process!.HasExited) throw new InvalidOperationException($"{Program} on port {Port} ended with {_process.ExitCode}.");
            try
            {
                string answer = await AskAsync("PING").WaitAsync(TimeSpan.FromSeconds(1));
                if (!answer.StartsWith("-LOADING", StringComparison.Ordinal)) return;
            }
            catch (Exception exception) when (exception is SocketException or IOException or TimeoutException)
            {
                if (attempt >= 400) throw new InvalidOperationException($"{Program} on port {Port} does not answer.", exception);
            }

            await Task.Delay(25);
        }
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }
}
