using System.Collections.Concurrent;

namespace Refrain.Examples;

/// <summary>A memory for as long as the process lives.</summary>
internal sealed class ProcessMemoryStore : IMemoryStore
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _facts = new(StringComparer.Ordinal);

    public ValueTask RememberAsync(string user, string fact, CancellationToken cancellation)
    {
        _facts.GetOrAdd(user, static _ => new ConcurrentQueue<string>()).Enqueue(fact);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> RecallAsync(string user, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<string>>(_facts.TryGetValue(user, out ConcurrentQueue<string>? facts) ? [.. facts] : []);
}
