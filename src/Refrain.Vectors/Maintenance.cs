namespace Refrain.Vectors;

/// <summary>Runs a piece of work now and then, never twice at once, and not any more once disposed.</summary>
internal sealed class Maintenance : IDisposable
{
    private readonly ITimer _timer;
    private readonly Lock _running = new();
    private readonly Action _work;
    private bool _disposed;

    public Maintenance(TimeProvider time, TimeSpan interval, Action work)
    {
        _work = work;
        _timer = time.CreateTimer(static state => ((Maintenance)state!).Run(), this, interval, interval);
    }

    /// <summary>Waits for the work that is under way.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_running)
            _disposed = true;
    }

    private void Run()
    {
        if (!_running.TryEnter())
            return;
        try
        {
            if (!_disposed)
                _work();
        }
        finally
        {
            _running.Exit();
        }
    }
}
