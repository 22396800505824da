using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Refrain.Benchmarks;

/// <summary>A redis-server of the run's own, in memory only, on a free port; it can be killed, stopped and started again.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("refrain-bench-");
    private readonly int _port;
    private Process? _process;

    private RedisProcess(int port) => _port = port;

    /// <summary>Host and port.</summary>
    public string Endpoint => $"127.0.0.1:{_port}";

    /// <summary>Starts a server.</summary>
    /// <exception cref="UsageException">redis-server is not installed.</exception>
    public static async Task<RedisProcess> StartAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var server = new RedisProcess(port);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it after it was killed; it is then empty.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("redis-server") { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = _directory.FullName };
        foreach (string argument in new[] { "--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no" }) start.ArgumentList.Add(argument);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new UsageException("redis-server is not installed.");
        }

        _process.BeginOutputReadLine();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, _port);
                return;
            }
            catch (SocketException) when (attempt < 400)
            {
                await Task.Delay(25);
            }
        }
    }

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Sends a signal, such as STOP or CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        _directory.Delete(recursive: true);
    }
}
