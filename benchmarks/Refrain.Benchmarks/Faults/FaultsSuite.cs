using System.Diagnostics;
using System.Globalization;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>What the arena must survive, at full count: kills at random moments, power cuts that mix old and new sectors, flipped bits, truncations. None may lie, none may die.</summary>
internal sealed class FaultsSuite : ISuite
{
    private const int Dimensions = 64;
    private const int KeyCount = 200;
    private const int SectorSize = 512;

    public string Name => "faults";

    public string Summary => "Kills, power cuts, flipped bits and truncations of the arena: counts what is wrong, which must be nothing.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--full", null, "1,000 kills, 500 cuts, 20,000 flips, 2,000 truncations; a fiftieth otherwise."),
        new("--seed", "NUMBER", "What chance is drawn from. Default: the clock; it is printed."),
        new("--child", "FILE", "Used by the suite itself: writes to this arena until it is killed."),
    ];

    private static VectorIndexOptions IndexOptions => new() { Dimensions = Dimensions, ExtentSlotCount = 256, FlushInterval = TimeSpan.FromMilliseconds(20) };

    public Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        if (run.Text("--child") is { } childPath)
            WriteUntilKilled(childPath);
        int seed = run.Number("--seed", Environment.TickCount & int.MaxValue);
        run.Say($"seed {seed.ToString(CultureInfo.InvariantCulture)}");
        int share = run.Has("--full") ? 1 : 50;
        string folder = Directory.CreateTempSubdirectory("refrain-faults-").FullName;
        string path = Path.Combine(folder, "arena");
        try
        {
            var random = new Random(seed);
            int wrong = Kills(run, path, random, 1000 / share, cancellation) + Cuts(run, path, random, 500 / share, cancellation);
            byte[] whole = Filled(path);
            wrong += Damage(run, "flipped bits", path, 20_000 / share, () => Flip(whole, random), cancellation);
            wrong += Damage(run, "truncations", path, 2000 / share, () => whole.AsSpan(0, random.Next(whole.Length)).ToArray(), cancellation);
            return Task.FromResult(wrong == 0 ? 0 : 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The vector that belongs to a key, in a version of it.</summary>
    private static float[] VectorOf(int key, int version)
    {
        var random = new Random((key * 16) + version);
        var vector = new float[Dimensions];
        for (int i = 0; i < Dimensions; i++)
            vector[i] = (float)(random.NextDouble() - 0.5);
        VectorSet.Normalise(vector);
        return vector;
    }

    private static int Kills(SuiteRun run, string path, Random random, int count, CancellationToken cancellation)
    {
        int wrong = 0;
        long found = 0;
        for (int kill = 0; kill < count; kill++)
        {
            cancellation.ThrowIfCancellationRequested();
            var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
                start.ArgumentList.Add(typeof(FaultsSuite).Assembly.Location);
            foreach (string argument in new[] { "faults", "--child", path })
                start.ArgumentList.Add(argument);
            using (Process child = Process.Start(start)!)
            {
                for (int line = 0; line < kill % 3; line++)
                    child.StandardOutput.ReadLine();
                cancellation.WaitHandle.WaitOne(random.Next(100));
                child.Kill();
                child.WaitForExit();
            }

            using var index = VectorIndex.Open(path, IndexOptions);
            wrong += WrongIn(index) + (index.Recovery.Kind is RecoveryKind.SetAside or RecoveryKind.MemoryOnly ? 1 : 0);
            found += index.Count;
        }

        File.Delete(path);
        return Report(run, "kills", count, wrong, found);
    }

    private static int Cuts(SuiteRun run, string path, Random random, int count, CancellationToken cancellation)
    {
        int wrong = 0;
        long found = 0;
        for (int cut = 0; cut < count; cut++)
        {
            cancellation.ThrowIfCancellationRequested();
            File.Delete(path);
            byte[] old, young;
            using (var index = VectorIndex.Open(path, IndexOptions))
            {
                for (int key = 0; key < KeyCount; key++)
                    index.Add(1, (UInt128)(uint)key, VectorOf(key, 0));
                for (int key = 0; key < KeyCount; key += 5)
                    index.Remove(1, (UInt128)(uint)key);
                index.Flush();
                old = Snapshot(path);
                for (int key = 0; key < KeyCount; key++)
                    if (key % 5 != 0 && random.Next(2) == 0)
                        index.Add(1, (UInt128)(uint)key, VectorOf(key, 1));
                young = Snapshot(path);
            }

            Array.Resize(ref old, young.Length);
            for (int sector = 0; sector < young.Length; sector += SectorSize)
                if (random.Next(2) == 0)
                    Array.Copy(old, sector, young, sector, SectorSize);
            File.WriteAllBytes(path, young);
            using var after = VectorIndex.Open(path, IndexOptions);
            wrong += WrongIn(after) + Enumerable.Range(0, KeyCount / 5).Count(i => after.Contains(1, (UInt128)(uint)(i * 5)));
            found += after.Count;
        }

        return Report(run, "power cuts", count, wrong, found);
    }

    private static int Damage(SuiteRun run, string what, string path, int count, Func<byte[]> damaged, CancellationToken cancellation)
    {
        int wrong = 0;
        long found = 0;
        for (int i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            File.WriteAllBytes(path, damaged());
            using var index = VectorIndex.Open(path, IndexOptions);
            wrong += WrongIn(index);
            found += index.Count;
        }

        return Report(run, what, count, wrong, found);
    }

    private static int Report(SuiteRun run, string what, int count, int wrong, long found)
    {
        run.Add(what, "count", count, "");
        run.Add(what, "vectors left, on average", (double)found / count, "");
        run.Add(what, "wrong", wrong, "");
        return wrong;
    }

    /// <summary>Keys that hold what was never stored under them, or that are there and not found.</summary>
    private static int WrongIn(VectorIndex index)
    {
        int wrong = 0;
        var vector = new float[Dimensions];
        foreach ((UInt128 space, UInt128 key) in index.EnumerateKeys())
        {
            bool isTrue = index.TryGetVector(space, key, vector) && (IsNear(vector, VectorOf((int)key, 0)) || IsNear(vector, VectorOf((int)key, 1)));
            if (!isTrue || !index.TryFind(space, vector, 0.999f, out VectorMatch match) || match.Key != key)
                wrong++;
        }

        return wrong;

        // Rounding to twelve bits changes the length a little, and with it the product.
        static bool IsNear(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum() > 0.999f;
    }

    private static byte[] Filled(string path)
    {
        File.Delete(path);
        using (var index = VectorIndex.Open(path, IndexOptions))
            for (int key = 0; key < KeyCount; key++)
                index.Add(1, (UInt128)(uint)key, VectorOf(key, 0));
        return File.ReadAllBytes(path);
    }

    private static byte[] Flip(byte[] whole, Random random)
    {
        byte[] bytes = [.. whole];
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    /// <summary>The file as it would reach the disk while it is mapped.</summary>
    private static byte[] Snapshot(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void WriteUntilKilled(string path)
    {
        var index = VectorIndex.Open(path, IndexOptions);
        Console.WriteLine("open");
        Console.Out.Flush();
        index.Add(1, 0, VectorOf(0, 0));
        Console.WriteLine("stored");
        Console.Out.Flush();
        for (var random = new Random(); ;)
        {
            int key = random.Next(1, 2000);
            if (random.Next(3) == 0)
                index.Remove(1, (UInt128)(uint)key);
            else
                index.Add(1, (UInt128)(uint)key, VectorOf(key, random.Next(2)));
        }
    }
}
