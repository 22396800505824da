namespace Refrain.Benchmarks;

/// <summary>A cache that does the same job as the others.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="LookUp">A prompt in, the size of its answer out.</param>
/// <param name="Write">Stores the prompt of a number anew, with a copy of its answer.</param>
internal sealed record Contender(string Name, Func<string, int> LookUp, Action<int> Write);
