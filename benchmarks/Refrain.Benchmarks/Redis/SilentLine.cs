using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Refrain.Benchmarks;

/// <summary>A line to a server that can be cut as a pulled cable is: nothing arrives on either side any more, and nobody is told.</summary>
internal sealed class SilentLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _cut;

    /// <param name="server">Host and port of what is at its other end.</param>
    public SilentLine(string server)
    {
        _server = IPEndPoint.Parse(server);
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Host and port of this end.</summary>
    public string Endpoint => $"{_listener.LocalEndpoint}";

    /// <summary>Cuts it. What is sent meanwhile arrives after <see cref="Mend"/>.</summary>
    public void Cut() => _cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends a cut.</summary>
    public void Mend() => Interlocked.Exchange(ref _cut, null)?.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(Task.Run(() => ServeAsync(client)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        await WhileCutAsync();
        await far.ConnectAsync(_server, _stop.Token);
        await Task.WhenAny(CarryAsync(near.GetStream(), far.GetStream()), CarryAsync(far.GetStream(), near.GetStream()));
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[1 << 16];
        while (await from.ReadAsync(buffer, _stop.Token) is var read and > 0)
        {
            await WhileCutAsync();
            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }

    private Task WhileCutAsync() => _cut is { } cut ? cut.Task.WaitAsync(_stop.Token) : Task.CompletedTask;
}
