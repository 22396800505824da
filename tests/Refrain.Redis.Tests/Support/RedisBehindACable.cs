using System.Diagnostics;
using System.Net.Sockets;

namespace Refrain.Redis.Tests;

/// <summary>
/// A redis-server in a network of its own at the end of a virtual cable, which can be pulled: the kernel then drops every packet and tells nobody. Network and cable go with the server.
/// </summary>
internal sealed class RedisBehindACable : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-redis-").FullName;
    private readonly string _cable = $"rf{Random.Shared.Next(1, 100_000_000)}";
    private readonly int _network = 4 * Random.Shared.Next(64);
    private Process? _process;

    private RedisBehindACable()
    {
    }

    /// <summary>In a range that is kept for documentation: nothing else of this machine is there.</summary>
    public string Endpoint => $"192.0.2.{_network + 2}:6379";

    /// <summary>Starts one.</summary>
    /// <returns>Null where making networks is not permitted, with the reason.</returns>
    public static async Task<(RedisBehindACable? Server, string Reason)> TryStartAsync()
    {
        if (!OperatingSystem.IsLinux()) return (null, "Networks of their own are Linux's.");
        var server = new RedisBehindACable();
        string reason = await server.StartAsync();
        if (reason.Length == 0) return (server, "");
        await server.DisposeAsync();
        return (null, $"A network of its own cannot be made here: {reason.Trim()}");
    }

    public Task PullAsync() => InsideAsync("ip", "link", "set", "cable", "down");

    public Task PlugInAsync() => InsideAsync("ip", "link", "set", "cable", "up");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<string> StartAsync()
    {
        (int code, string said) = await RunAsync("unshare", "--net", "true");
        if (code != 0) return said;
        var start = new ProcessStartInfo("unshare", ["--net", RedisServer.Program, "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", _directory, "--loglevel", "warning"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        string network = await NetworkOfAsync("self");
        while (!_process.HasExited && await NetworkOfAsync($"{_process.Id}") == network) await Task.Delay(5);

        string[][] steps =
        [
            ["ip", "link", "add", _cable, "type", "veth", "peer", "name", "cable", "netns", $"{_process.Id}"],
            ["ip", "address", "add", $"192.0.2.{_network + 1}/30", "dev", _cable],
            ["ip", "link", "set", _cable, "up"],
            ["nsenter", "--target", $"{_process.Id}", "--net", "ip", "address", "add", $"192.0.2.{_network + 2}/30", "dev", "cable"],
            ["nsenter", "--target", $"{_process.Id}", "--net", "ip", "link", "set", "cable", "up"],
        ];
        foreach (string[] step in steps)
        {
            (code, said) = await RunAsync(step[0], step[1..]);
            if (code != 0) return said;
        }

        await RedisFixture.WaitUntilAsync(AnswersAsync);
        return "";
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync($"192.0.2.{_network + 2}", 6379).WaitAsync(TimeSpan.FromSeconds(1));
            return true;
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException)
        {
            return false;
        }
    }

    private async Task InsideAsync(params string[] command)
    {
        (int code, string said) = await RunAsync("nsenter", ["--target", $"{_process!.Id}", "--net", .. command]);
        if (code != 0) throw new InvalidOperationException(said);
    }

    private static async Task<string> NetworkOfAsync(string process) => (await RunAsync("readlink", $"/proc/{process}/ns/net")).Said;

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            string said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, said);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (-1, $"{program}: {exception.Message}");
        }
    }
}
