namespace Refrain.Fuzz;

/// <summary>Feeds one target: first its corpus, then mutations, keeping those that reach new branches.</summary>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    private static readonly TimeSpan CallTimeMax = TimeSpan.FromSeconds(20);

    private readonly Mutation _mutation = new(seed);
    private readonly List<byte[]> _inputs = [];

    /// <summary>Calls so far.</summary>
    public long CallCount { get; private set; }

    /// <summary>Inputs that mutation starts from.</summary>
    public int InputCount => _inputs.Count;

    /// <summary>Pairs of branches reached.</summary>
    public int BranchCount { get; private set; }

    /// <summary>Runs until something is found or that many inputs were tried besides the corpus.</summary>
    /// <returns>What was found, or null.</returns>
    public Finding? Run(long calls)
    {
        Coverage coverage = new();
        using Watchdog watchdog = new(target, CallTimeMax);
        foreach (byte[] input in target.Corpus())
        {
            _inputs.Add(input);
            if (Try(input, coverage, watchdog) is { } finding)
                return finding;
        }

        if (_inputs.Count == 0)
            throw new UsageException($"The target '{target.Name}' has no corpus.");
        for (long left = calls; left > 0; left--)
        {
            byte[] input = _mutation.Next(_inputs[_mutation.Pick(_inputs.Count)], _inputs[_mutation.Pick(_inputs.Count)], target.InputBytesMax);
            if (Try(input, coverage, watchdog) is { } finding)
                return finding;
        }

        BranchCount = coverage.SeenCount;
        return null;
    }

    private Finding? Try(byte[] input, Coverage coverage, Watchdog watchdog)
    {
        CallCount++;
        Coverage.Clear();
        watchdog.Begin(input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Body(input);
        }
        catch (Exception failure)
        {
            return new(input, failure.ToString());
        }
        finally
        {
            watchdog.End();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > target.AllocatedBytesMax)
            return new(input, $"It allocated {allocated:N0} bytes for an input of {input.Length:N0}.");
        if (coverage.Learn() && CallCount > _inputs.Count)
            _inputs.Add(input);
        return null;
    }
}
