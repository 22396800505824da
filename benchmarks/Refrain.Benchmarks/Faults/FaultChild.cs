using System.Globalization;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>What the suite's child processes do. Each prints a line when it has begun, so that the parent knows, and goes on until it is killed, or dies, or is done.</summary>
internal static class FaultChild
{
    public static int Run(string kind, string path) => kind switch
    {
        "write" => WriteForEver(path),
        "search" => SearchForEver(path),
        "open" => TryOpen(path),
        "fill" => FillDisk(path),
        "removed" => RemoveForEver(path),
        _ => throw new UsageException($"There is no child '{kind}'."),
    };

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }

    private static int WriteForEver(string path)
    {
        var index = VectorIndex.Open(path, ArenaTruth.Options);
        Say("open");
        index.Add(1, 0, ArenaTruth.VectorOf(0, 0));
        Say("stored");
        for (var random = new Random(); ;)
        {
            // Key 0 stays. Namespaces come and go, the file grows, what expires is removed behind.
            int key = random.Next(1, 4000);
            if (random.Next(3) == 0)
                index.Remove(1, (UInt128)(uint)key);
            else
                index.Add(1, (UInt128)(uint)key, ArenaTruth.VectorOf(key, random.Next(2)));
            if (key % 8 == 0)
                index.Add(2, (UInt128)(uint)key, ArenaTruth.VectorOf(key, 0), TimeProvider.System.GetUtcNow().AddMilliseconds(random.Next(100)));
        }
    }

    private static int SearchForEver(string path)
    {
        var index = VectorIndex.Open(path, ArenaTruth.Options);
        ArenaTruth.Fill(index, ArenaTruth.KeyCount * 5);
        Say("searching");
        for (int key = 0; ; key = (key + 1) % (ArenaTruth.KeyCount * 5))
            index.TryFind(1, ArenaTruth.VectorOf(key, 0), 0.99f, out _);
    }

    private static int TryOpen(string path)
    {
        const int AttemptCount = 50;
        int opened = 0;
        for (int attempt = 0; attempt < AttemptCount; attempt++)
            try
            {
                VectorIndex.Open(path, ArenaTruth.Options).Dispose();
                opened++;
            }
            catch (IOException)
            {
                // As it should be.
            }
        Say(opened.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>Fills a disk, and goes on searching, replacing and removing. The file system may have been full before, or become full at any size.</summary>
    private static int FillDisk(string path)
    {
        const int Count = 20_000;
        using (var index = VectorIndex.Open(path, ArenaTruth.Options))
        {
            var stored = new List<int>();
            for (int key = 0; key < Count && stored.Count >= key - 500; key++)
                if (index.Add(1, (UInt128)(uint)key, ArenaTruth.VectorOf(key, 0)))
                    stored.Add(key);
            bool inMemory = index.Recovery.Kind == RecoveryKind.MemoryOnly;
            if (index.Count != stored.Count || (!inMemory && index.GetStatistics().RefusedCount == 0 && stored.Count < Count))
                return 3;
            if (ArenaTruth.WrongIn(index) > 0)
                return 4;
            if (!inMemory)
                index.Flush();
            foreach (int key in stored.Take(100))
                if (!index.Remove(1, (UInt128)(uint)key))
                    return 5;
            foreach (int key in stored.Take(30))
                if (!index.Add(1, (UInt128)(uint)key, ArenaTruth.VectorOf(key, 1)))
                    return 6;
        }
        Say("survived");
        return 0;
    }

    /// <summary>Removes, flushes, and says which keys are gone for good; the parent cuts the disk off at any moment.</summary>
    private static int RemoveForEver(string path)
    {
        using var index = VectorIndex.Open(path, ArenaTruth.Options);
        ArenaTruth.Fill(index, ArenaTruth.KeyCount);
        index.Flush();
        for (int key = 0; key < ArenaTruth.KeyCount; key += 5)
            index.Remove(1, (UInt128)(uint)key);
        index.Flush();
        Say("removed");
        for (var random = new Random(); ;)
        {
            int key = random.Next(1, ArenaTruth.KeyCount * 20);
            if (key % 5 != 0)
                index.Add(1, (UInt128)(uint)key, ArenaTruth.VectorOf(key, random.Next(2)));
        }
    }
}
