namespace Refrain.Fuzz;

/// <summary>An input of the product that comes from outside. Add a file with the target and a line to <see cref="FuzzTargets"/>.</summary>
/// <param name="Name">The word on the command line; lower case, words joined by dashes.</param>
/// <param name="Body">Reads one input.</param>
/// <param name="Corpus">Small valid inputs, and broken ones of each kind, made by code; mutation starts from them.</param>
internal sealed record FuzzTarget(string Name, FuzzBody Body, Func<IEnumerable<byte[]>> Corpus)
{
    /// <summary>Inputs do not grow longer than this.</summary>
    public int InputBytesMax { get; init; } = 4096;

    /// <summary>Calls of a smoke run: a second or two's worth. Counted in calls, so that every machine tries the same.</summary>
    public int SmokeCalls { get; init; } = 150_000;

    /// <summary>More than this allocated by one call is a finding.</summary>
    public long AllocatedBytesMax { get; init; } = 64 << 20;
}
