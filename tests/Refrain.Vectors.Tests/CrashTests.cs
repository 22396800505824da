using System.Diagnostics;
using System.Globalization;

namespace Refrain.Vectors.Tests;

/// <summary>
/// A child process writes, and is killed in the middle of it. The child is this very program, which a module initialiser turns into one when an environment variable says so.
/// </summary>
public sealed class CrashTests
{
    private const int Dimensions = 64;
    private const string Variable = "REFRAIN_VECTORS_CRASH_CHILD";

    // Goal: no death at any moment keeps the index from opening, or makes it lie. Method: what a key holds follows from the key.
    [Fact]
    public void A_process_killed_at_any_moment_leaves_an_index_that_opens_and_does_not_lie()
    {
        const int KillCount = 15;
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string path = TestVectors.TempPath();
        int most = 0;
        for (int kill = 0; kill < KillCount; kill++)
        {
            using Process child = Start(path);
            // The first line says that the index is open, the second that something is stored; killed before, it dies while opening.
            for (int line = 0; line < kill % 3; line++)
                child.StandardOutput.ReadLine();
            Thread.Sleep(random.Next(150));
            child.Kill();
            child.WaitForExit();
            using var index = VectorIndex.Open(path, Options);
            Assert.Contains(index.Recovery.Kind, new[] { RecoveryKind.Created, RecoveryKind.Unclean, RecoveryKind.Clean });
            var vector = new float[Dimensions];
            foreach ((UInt128 space, UInt128 key) in index.EnumerateKeys())
            {
                Assert.True(index.TryGetVector(space, key, vector));
                Assert.True(TestVectors.Cosine(vector, VectorOf((int)key)) > 0.9999, $"seed {seed}, kill {kill}: key {key} holds another's vector.");
                Assert.True(index.TryFind(space, VectorOf((int)key), 0.999f, out VectorMatch match) && match.Key == key, $"seed {seed}, kill {kill}: key {key} is not found.");
            }
            most = Math.Max(most, index.Count);
        }
        Assert.True(most > 0, $"seed {seed}: no child ever stored anything.");
    }

    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 256, FlushInterval = TimeSpan.FromMilliseconds(20) };

    private static float[] VectorOf(int key) => TestVectors.Unit(new Random(key), Dimensions);

    private static Process Start(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(CrashTests).Assembly.Location);
        start.Environment[Variable] = path;
        return Process.Start(start)!;
    }

    /// <summary>The child: adds, replaces and removes until it is killed.</summary>
    internal static void RunAsChildIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } path)
            return;
        var index = VectorIndex.Open(path, Options);
        Console.WriteLine(index.Count.ToString(CultureInfo.InvariantCulture));
        Console.Out.Flush();
        var random = new Random();
        index.Add(0, 0, VectorOf(0));
        Console.WriteLine("stored");
        Console.Out.Flush();
        while (true)
        {
            // Key 0 stays, so that every later opening has something to find.
            int key = random.Next(1, 2000);
            if (random.Next(3) == 0)
                index.Remove((UInt128)(uint)(key % 3), (UInt128)(uint)key);
            else
                index.Add((UInt128)(uint)(key % 3), (UInt128)(uint)key, VectorOf(key));
        }
    }
}
