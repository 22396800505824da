using System.Diagnostics;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>Our own index among its peers.</summary>
/// <param name="index">Holds the vectors under their numbers, in namespace 1.</param>
internal sealed class OwnContender(VectorIndex index) : IContender
{
    /// <inheritdoc/>
    public string Name => "ours";

    /// <inheritdoc/>
    public (int Id, double Microseconds)[] Ask(VectorSet queries, int effort)
    {
        var answers = new (int, double)[queries.Count];
        var match = new VectorMatch[1];
        for (int i = 0; i < answers.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            int found = index.Find(1, queries[i], match, efSearch: effort);
            answers[i] = (found == 1 ? (int)match[0].Key : -1, Interleaved.MicrosecondsSince(began));
        }

        return answers;
    }
}
