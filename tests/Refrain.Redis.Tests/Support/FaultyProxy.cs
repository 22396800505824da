using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Refrain.Redis.Tests;

/// <summary>Stands between client and server, hands on every command, and harms some of the replies: by a seed, so that a run can be repeated.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly Fault[] _faults;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentDictionary<Fault, int> _counts = new();
    private readonly Random _random;
    private readonly Lock _drawing = new();
    private Task _accepting = Task.CompletedTask;
    private volatile TaskCompletionSource? _cut;
    private volatile int _oneIn;

    private FaultyProxy(int serverPort, int seed, Fault[] faults)
    {
        _serverPort = serverPort;
        _faults = faults;
        _random = new Random(seed);
    }

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>How many replies were harmed.</summary>
    public int FaultCount => _counts.Values.Sum();

    /// <summary>How often each fault was done.</summary>
    public string Counts => string.Join(", ", _counts.OrderBy(count => count.Key).Select(count => $"{count.Key} {count.Value}"));

    public static FaultyProxy Start(int serverPort, int seed, params Fault[] faults)
    {
        var proxy = new FaultyProxy(serverPort, seed, faults);
        proxy._listener.Start();
        proxy._accepting = Task.Run(proxy.AcceptAsync);
        return proxy;
    }

    /// <summary>Harms one reply in so many from now on; 0 none.</summary>
    public void Harm(int oneIn) => _oneIn = oneIn;

    /// <summary>Cuts the line as a pulled cable does: nothing arrives on either side any more, and nobody is told. What was sent meanwhile arrives after <see cref="Mend"/>.</summary>
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
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(Task.Run(() => ServeAsync(client)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient near = client;
        using var far = new TcpClient();
        await WhileCutAsync(_stop.Token);
        await far.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
        near.NoDelay = far.NoDelay = true;
        await using NetworkStream nearStream = near.GetStream();
        await using NetworkStream farStream = far.GetStream();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task commands = CommandAsync(nearStream, farStream, either.Token);
        Task replies = ReplyAsync(farStream, nearStream, either.Token);
        await Task.WhenAny(commands, replies);
        await either.CancelAsync();
        await Task.WhenAll(commands, replies).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task WhileCutAsync(CancellationToken stop) => _cut is { } cut ? cut.Task.WaitAsync(stop) : Task.CompletedTask;

    private async Task CommandAsync(NetworkStream client, NetworkStream server, CancellationToken stop)
    {
        var buffer = new byte[1 << 16];
        while (await client.ReadAsync(buffer, stop) is var read and > 0)
        {
            await WhileCutAsync(stop);
            await server.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }

    private async Task ReplyAsync(NetworkStream server, NetworkStream client, CancellationToken stop)
    {
        var buffer = new byte[1 << 20];
        int filled = 0;
        byte[]? held = null;
        while (true)
        {
            int read = await server.ReadAsync(buffer.AsMemory(filled), stop);
            if (read == 0) return;
            await WhileCutAsync(stop);
            filled += read;
            int start = 0;
            using var sent = new MemoryStream();
            while (RespReply.Length(buffer.AsSpan(start, filled - start)) is var length and > 0)
            {
                byte[] reply = buffer.AsSpan(start, length).ToArray();
                start += length;
                Fault fault = Draw(reply);
                if (fault == Fault.Delay)
                {
                    await client.WriteAsync(sent.ToArray(), stop);
                    sent.SetLength(0);
                    await Task.Delay(100, stop);
                }

                if (fault == Fault.Swap && held is null)
                {
                    held = reply;
                    continue;
                }

                Write(sent, reply, fault);
                if (held is null) continue;
                sent.Write(held);
                held = null;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            await client.WriteAsync(sent.ToArray(), stop);
        }
    }

    private static void Write(MemoryStream sent, byte[] reply, Fault fault)
    {
        switch (fault)
        {
            case Fault.Drop:
                break;
            case Fault.Repeat:
                sent.Write(reply);
                sent.Write(reply);
                break;
            case Fault.Truncate:
                sent.Write(reply.AsSpan(0, reply.Length / 2));
                break;
            case Fault.Flip:
                // Inside the payload, where the protocol cannot notice it.
                byte[] flipped = [.. reply];
                flipped[^8] ^= 1;
                sent.Write(flipped);
                break;
            default:
                sent.Write(reply);
                break;
        }
    }

    private Fault Draw(byte[] reply)
    {
        int oneIn = _oneIn;
        if (oneIn == 0) return Fault.None;
        lock (_drawing)
        {
            if (_random.Next(oneIn) != 0) return Fault.None;
            Fault fault = _faults[_random.Next(_faults.Length)];
            if (fault == Fault.Flip && (reply[0] != (byte)'$' || reply.Length < 64)) return Fault.None;
            _counts.AddOrUpdate(fault, 1, (_, count) => count + 1);
            return fault;
        }
    }
}
