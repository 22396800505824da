using System.Numerics;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>
/// Runs a stream of prompts against itself: the nearest earlier prompt that the guards let through, by brute force, so that the figures are the embedder's
/// and the guards' and no index's. Every prompt counts as stored, hit or not.
/// </summary>
internal sealed class StreamEvaluation
{
    private readonly Prompt[] _prompts;
    private readonly bool[] _exact;
    private readonly float[] _similarity;
    private readonly int[] _nearest;
    private readonly bool[] _repeat;
    private readonly ReadOnlyMemory<float>[] _vectors;

    private StreamEvaluation(Prompt[] prompts)
    {
        _prompts = prompts;
        _exact = new bool[prompts.Length];
        _repeat = new bool[prompts.Length];
        _vectors = new ReadOnlyMemory<float>[prompts.Length];
        _similarity = new float[prompts.Length];
        _nearest = new int[prompts.Length];
        Array.Fill(_similarity, -1);
        Array.Fill(_nearest, -1);
    }

    /// <summary>Whether the prompts name groups, so that a hit can be called wrong.</summary>
    public bool HasGroups => _prompts.Any(prompt => prompt.Group is not null);

    /// <summary>Compares every prompt with all before it.</summary>
    /// <param name="embedder">Makes the vectors.</param>
    /// <param name="prompts">The stream in its order.</param>
    /// <param name="guards">The guards that a hit must pass.</param>
    /// <param name="floor">Similarities below are not looked at.</param>
    /// <param name="report">Told of progress from 0 to 1.</param>
    /// <param name="cancellation">Stops it.</param>
    internal static async Task<StreamEvaluation> RunAsync(
        IEmbeddingGenerator<string, Embedding<float>> embedder, Prompt[] prompts, Guards guards, float floor, Action<double>? report, CancellationToken cancellation)
    {
        var evaluation = new StreamEvaluation(prompts);
        Dictionary<string, ReadOnlyMemory<float>> vectors = await PairScorer.EmbedAsync(
            embedder, prompts.Select(prompt => prompt.Text), (done, all) => report?.Invoke(done / (2.0 * all)), cancellation);
        evaluation.MarkRepeats();
        for (int i = 0; i < prompts.Length; i++) evaluation._vectors[i] = vectors.GetValueOrDefault(prompts[i].Text);
        int finished = 0;
        Parallel.For(0, prompts.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            evaluation.FindNearest(i, guards, floor);
            int done = Interlocked.Increment(ref finished);
            if (done % 256 == 0) report?.Invoke(0.5 + (done / (2.0 * prompts.Length)));
        });
        return evaluation;
    }

    /// <summary>What a threshold does.</summary>
    public StreamRow At(float threshold)
    {
        int hits = 0, wrong = 0, repeats = 0, served = 0;
        for (int i = 0; i < _prompts.Length; i++)
        {
            if (_exact[i]) continue;
            bool isHit = _similarity[i] >= threshold;
            if (_repeat[i]) repeats++;
            if (!isHit) continue;
            hits++;
            if (_repeat[i]) served++;
            if (_prompts[i].Group != _prompts[_nearest[i]].Group) wrong++;
        }

        return new StreamRow(threshold, _prompts.Length, _exact.Count(exact => exact), new WrongShare(hits, wrong), repeats, served);
    }

    /// <summary>The wrong hits of a threshold, most similar first: what is asked and what would have answered.</summary>
    public IEnumerable<(Prompt Asked, Prompt Stored, float Similarity)> WrongAt(float threshold) =>
        Enumerable.Range(0, _prompts.Length)
            .Where(i => _similarity[i] >= threshold && _prompts[i].Group != _prompts[_nearest[i]].Group)
            .OrderByDescending(i => _similarity[i])
            .Select(i => (_prompts[i], _prompts[_nearest[i]], _similarity[i]));

    private void MarkRepeats()
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var groups = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < _prompts.Length; i++)
        {
            _exact[i] = !texts.Add(_prompts[i].Text);
            if (_prompts[i].Group is { } group) _repeat[i] = !groups.Add(group) && !_exact[i];
        }
    }

    private void FindNearest(int i, Guards guards, float floor)
    {
        if (_exact[i] || _vectors[i].IsEmpty) return;
        ReadOnlySpan<float> asked = _vectors[i].Span;
        float best = floor;
        for (int j = 0; j < i; j++)
        {
            if (_exact[j] || _vectors[j].IsEmpty) continue;
            float similarity = Dot(asked, _vectors[j].Span);
            if (similarity < best || TextGuards.Check(_prompts[i].Text, _prompts[j].Text, guards) != Guards.None) continue;
            (best, _similarity[i], _nearest[i]) = (similarity, similarity, j);
        }
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count) sum += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        float dot = Vector.Sum(sum);
        for (; i < a.Length; i++) dot += a[i] * b[i];
        return dot;
    }
}
