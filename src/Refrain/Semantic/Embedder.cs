using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Refrain;

/// <summary>
/// The embedder as a tier: a text is embedded once however many ask, remembered, and given a deadline; a failing embedder is kept away from.
/// </summary>
internal sealed class Embedder
{
    /// <summary>Calls that outlived their deadline and still run: with so many, no other is begun.</summary>
    internal const int AbandonedMax = 16;

    private const int FailuresMax = 3;

    private readonly IEmbeddingGenerator<string, Embedding<float>> _generator;
    private readonly EmbeddingSpace _space;
    private readonly SemanticCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly CacheCounters _counters;
    private readonly CacheMeter _meter;
    private readonly ILogger _logger;
    private readonly EmbeddingMemo _memo;
    private readonly Breaker _breaker;
    private readonly ConcurrentDictionary<string, Task<float[]?>> _flights = new(StringComparer.Ordinal);

    private int _abandoned;

    internal Embedder(
        IEmbeddingGenerator<string, Embedding<float>> generator, EmbeddingSpace space, SemanticCacheOptions options, TimeProvider time, CacheCounters counters, CacheMeter meter, ILogger logger)
    {
        _generator = generator;
        _space = space;
        _options = options;
        _time = time;
        _counters = counters;
        _meter = meter;
        _logger = logger;
        _memo = new EmbeddingMemo(options.EmbeddingMemoBytesMax);
        _breaker = new Breaker(time, FailuresMax, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    }

    internal bool IsFailing => _breaker.IsOpen;

    /// <summary>The space that a generator tells, or that its metadata amount to.</summary>
    /// <exception cref="ArgumentException">It tells neither its space nor its number of dimensions.</exception>
    internal static EmbeddingSpace SpaceOf(IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        if (generator.GetService(typeof(EmbeddingSpace)) is EmbeddingSpace space)
            return space;
        var metadata = generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        if (metadata?.DefaultModelDimensions is not { } dimensions)
        {
            throw new ArgumentException(
                "The embedder does not tell how many dimensions its vectors have. Let its GetService return an EmbeddingSpace, or EmbeddingGeneratorMetadata with DefaultModelDimensions.",
                nameof(generator));
        }

        return new EmbeddingSpace { Model = metadata.DefaultModelId ?? generator.GetType().Name, Variant = metadata.ProviderName ?? "", Dimensions = dimensions };
    }

    /// <summary>The embedding of a text, if it is remembered.</summary>
    internal bool TryRecall(string text, out float[]? vector) => _memo.TryFind(text, out vector);

    /// <summary>The embedding of a text, or null if the embedder fails, is too slow, or is being kept away from.</summary>
    /// <exception cref="OperationCanceledException">The caller's own token was cancelled; the embedding goes on for the others.</exception>
    internal ValueTask<float[]?> EmbedAsync(string text, CancellationToken cancellation)
    {
        if (TryRecall(text, out float[]? known))
        {
            _counters.Rows.Row[CounterRows.EmbeddingsSaved]++;
            return new(known);
        }

        return new(JoinAsync(text).WaitAsync(cancellation));
    }

    private Task<float[]?> JoinAsync(string text)
    {
        var mine = new TaskCompletionSource<float[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<float[]?> flight = _flights.GetOrAdd(text, mine.Task);
        if (flight != mine.Task)
        {
            _counters.Rows.Row[CounterRows.EmbeddingsSaved]++;
            return flight;
        }

        _ = FlyAsync(text, mine);
        return flight;
    }

    private async Task FlyAsync(string text, TaskCompletionSource<float[]?> flight)
    {
        float[]? vector = null;
        try
        {
            if (Volatile.Read(ref _abandoned) < AbandonedMax && _breaker.TryEnter())
                vector = await GenerateAsync(text).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever an embedder throws, the lookup goes on without it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _counters.EmbeddingFailures.Increment();
            if (_breaker.Failed())
                Log.EmbedderFailed(_logger, exception, _options.Name);
        }

        if (vector is not null)
            _memo.Put(text, vector);
        _flights.TryRemove(text, out _);
        flight.SetResult(vector);
    }

    private async Task<float[]> GenerateAsync(string text)
    {
        long started = _time.GetTimestamp();
        GeneratedEmbeddings<Embedding<float>> made = await CallAsync(text).ConfigureAwait(false);
        if (made.Count != 1)
            throw new InvalidOperationException($"The embedder returned {made.Count} embeddings for one text.");
        float[] vector = made[0].Vector.ToArray();
        if (VectorProblem(vector, _space.Dimensions) is { } problem)
            throw new InvalidOperationException($"The embedder returned a vector that {problem}.");
        _counters.EmbeddingsComputed.Increment();
        _meter.Embed(_time.GetElapsedTime(started));
        if (_breaker.Succeeded())
            Log.EmbedderBack(_logger, _options.Name);
        return vector;
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> CallAsync(string text)
    {
        using Activity? activity = CacheTrace.Embed(_options.Name, _space);
        using var deadline = new CancellationTokenSource(_options.EmbedTimeout, _time);
        Task<GeneratedEmbeddings<Embedding<float>>>? making = null;
        try
        {
            making = _generator.GenerateAsync([text], options: null, deadline.Token);
            return await making.WaitAsync(_options.EmbedTimeout, _time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (making is { IsCompleted: false })
                _ = AwaitAbandonedAsync(making);
            CacheTrace.Fail(activity, exception);
            throw;
        }
    }

    private async Task AwaitAbandonedAsync(Task making)
    {
        Interlocked.Increment(ref _abandoned);
        await making.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _abandoned);
    }

    /// <summary>What is wrong with a vector, or null.</summary>
    internal static string? VectorProblem(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions)
            return $"has {vector.Length} dimensions, expected {dimensions}";
        float roughly = SquaresOf(vector);
        if (roughly is > (float)(VectorSquaresMin * 16) and < (float)(VectorSquaresMax / 16))
            return null;

        // What is near a bound, or not a number, is looked at again with more digits.
        double squares = 0;
        foreach (float number in vector)
            squares += (double)number * number;
        if (!double.IsFinite(squares))
            return "holds a number that is not finite";
        if (squares < VectorSquaresMin)
            return "is zero, or so small that it has no direction";
        return squares > VectorSquaresMax ? "is too long for its products to be computed" : null;
    }

    private static float SquaresOf(ReadOnlySpan<float> vector)
    {
        // Four sums, so that none waits for the one before.
        Vector<float> first = Vector<float>.Zero, second = first, third = first, fourth = first;
        int i = 0;
        for (; i <= vector.Length - (4 * Vector<float>.Count); i += 4 * Vector<float>.Count)
        {
            ReadOnlySpan<float> four = vector.Slice(i, 4 * Vector<float>.Count);
            var a = new Vector<float>(four);
            var b = new Vector<float>(four[Vector<float>.Count..]);
            var c = new Vector<float>(four[(2 * Vector<float>.Count)..]);
            var d = new Vector<float>(four[(3 * Vector<float>.Count)..]);
            first += a * a;
            second += b * b;
            third += c * c;
            fourth += d * d;
        }

        float sum = Vector.Sum(first + second + third + fourth);
        for (; i < vector.Length; i++)
            sum += vector[i] * vector[i];
        return sum;
    }

    /// <summary>Below this squared length, 32-bit products of two vectors lose their digits.</summary>
    private const double VectorSquaresMin = 1e-24;

    private const double VectorSquaresMax = 1e24;
}
