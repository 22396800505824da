using System.Diagnostics;

namespace Refrain.Fuzz;

/// <summary>Ends the process with a finding when a call does not end by itself: there is no other way to get rid of an endless loop.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly FuzzTarget _target;
    private readonly TimeSpan _timeMax;
    private readonly Timer _timer;
    private byte[]? _input;
    private long _started;

    /// <summary>Watches calls of <paramref name="target"/>.</summary>
    public Watchdog(FuzzTarget target, TimeSpan timeMax)
    {
        _target = target;
        _timeMax = timeMax;
        _timer = new(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>A call begins.</summary>
    public void Begin(byte[] input)
    {
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        Volatile.Write(ref _input, input);
    }

    /// <summary>The call has ended.</summary>
    public void End() => Volatile.Write(ref _input, null);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Volatile.Read(ref _input) is { } input && Stopwatch.GetElapsedTime(Volatile.Read(ref _started)) > _timeMax)
        {
            FuzzCommands.Report(_target, new(input, $"It did not end within {_timeMax.TotalSeconds} s."));
            FuzzCommands.PrintCount(0, 1);
            Environment.Exit(1);
        }
    }
}
