namespace Refrain.Benchmarks;

/// <summary>Whether the budget in bytes holds in the process: entries of mixed sizes come and go, and the live heap is compared with what the table says it takes.</summary>
internal static class MemoryChurn
{
    private const long Budget = 64L * 1024 * 1024;

    internal static void Run(SuiteRun run, int operations)
    {
        string name = $"churn of {operations} entries, 16 B to 64 KiB, budget 64 MiB";
        run.Say(name);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var table = new ExactTable(Budget);
        using var clock = new MonotonicClock(TimeProvider.System);
        CacheScope scope = CacheScope.Create("benchmark");
        var random = new Random(20_251_122);
        long most = 0;
        long live = 0;
        for (int i = 0; i < operations; i++)
        {
            table.Put(Entry(random.Next(), (int)Math.Pow(2, 4 + (random.NextDouble() * 12)), scope, clock));
            most = Math.Max(most, table.Bytes);
            if (i == operations / 2)
                live = GC.GetTotalMemory(forceFullCollection: true) - before;
        }

        long end = GC.GetTotalMemory(forceFullCollection: true) - before;
        run.Add(name, "most bytes accounted", most / (double)Budget, "of the budget");
        run.Add(name, "live heap", end / (double)Budget, "of the budget");
        run.Add(name, "live heap, end against half-way", end / (double)live, "ratio");
        GC.KeepAlive(table);
    }

    private static CacheEntry Entry(int number, int payloadSize, CacheScope scope, MonotonicClock clock)
    {
        byte[] text = BitConverter.GetBytes(number);
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(scope, text, 1),
            Scope = scope,
            Text = text,
            Payload = new byte[payloadSize],
            CreatedTicks = 0,
            ExpiresTicks = long.MaxValue,
            Cost = 0,
            Epochs = [],
            Clock = clock,
        };
    }
}
