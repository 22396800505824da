using System.Diagnostics;

namespace Refrain.Vectors.Tests;

/// <summary>A disk without room. The child runs on a small file system of its own, in a user namespace.</summary>
public sealed class DiskFullTests
{
    private const int Dimensions = 64;
    private const string Variable = "REFRAIN_VECTORS_FULL_CHILD";

    [Theory]
    [InlineData(16)]
    [InlineData(200)]
    [InlineData(500)]
    [InlineData(900)]
    public void A_full_disk_ends_growth_and_nothing_else(int kibibytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("true", null).ExitCode == 0, "User namespaces with mounts are not permitted here.");
        string folder = Path.GetDirectoryName(TestVectors.TempPath())!;
        (int exitCode, string output) = Run($"mount -t tmpfs -o size={kibibytes}k tmpfs {folder} && exec {Program()}", Path.Combine(folder, "arena"));
        Assert.True(exitCode == 0 && output.Contains("survived", StringComparison.Ordinal), $"exit code {exitCode}: {output}");
    }

    [Fact]
    public void A_read_only_disk_leaves_an_index_in_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("true", null).ExitCode == 0, "User namespaces with mounts are not permitted here.");
        string folder = Path.GetDirectoryName(TestVectors.TempPath())!;
        (int exitCode, string output) = Run($"mount -t tmpfs -o ro tmpfs {folder} && exec {Program()}", Path.Combine(folder, "arena"));
        Assert.True(exitCode == 0 && output.Contains("survived in memory", StringComparison.Ordinal), $"exit code {exitCode}: {output}");
    }

    [Fact]
    public void The_file_has_real_blocks_for_all_of_its_length()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Blocks are counted by a program of Linux.");
        string path = TestVectors.TempPath();
        using var index = VectorIndex.Open(path, new VectorIndexOptions { Dimensions = Dimensions, ExtentSlotCount = 512 });
        for (int key = 0; key < 1000; key++)
            index.Add(1, (UInt128)(uint)key, VectorOf(key));
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b %B %s", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        long[] numbers = [.. stat.StandardOutput.ReadToEnd().Split(' ').Select(number => long.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.True(numbers[0] * numbers[1] >= numbers[2] && numbers[2] == index.GetStatistics().FileSize, string.Join(' ', numbers));
    }

    private static string Program() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? $"{Environment.ProcessPath} {typeof(DiskFullTests).Assembly.Location}" : Environment.ProcessPath!;

    private static (int ExitCode, string Output) Run(string script, string? path)
    {
        var start = new ProcessStartInfo("unshare", ["-Urm", "sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (path is not null)
            start.Environment[Variable] = path;
        try
        {
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "There is no unshare.");
        }
    }

    /// <summary>The child: fills the disk, and then goes on searching, replacing and removing.</summary>
    internal static void RunAsChildIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } path)
            return;
        const int Count = 3000;
        bool inMemory;
        using (var index = VectorIndex.Open(path, new VectorIndexOptions { Dimensions = Dimensions, ExtentSlotCount = 512 }))
        {
            var stored = new List<int>();
            for (int key = 0; key < Count; key++)
                if (index.Add(1, (UInt128)(uint)key, VectorOf(key)))
                    stored.Add(key);
            inMemory = index.Recovery.Kind == RecoveryKind.MemoryOnly;
            Require(inMemory == (stored.Count == Count), $"{stored.Count} of {Count} were stored, {index.Recovery}");
            Require(index.Count == stored.Count && index.GetStatistics().RefusedCount == Count - stored.Count, "the counts are wrong");
            foreach (int key in stored)
                Require(index.TryFind(1, VectorOf(key), 0.999f, out VectorMatch match) && match.Key == (UInt128)(uint)key, $"key {key} is not found");
            if (!inMemory)
                index.Flush();
            foreach (int key in stored.Take(300))
                Require(index.Remove(1, (UInt128)(uint)key), $"key {key} cannot be removed");
            foreach (int key in stored.Take(200))
                Require(index.Add(1, (UInt128)(uint)key, VectorOf(key)), $"key {key} finds no room that was freed");
        }
        Console.WriteLine(inMemory ? "survived in memory" : "survived");
        Console.Out.Flush();
        Environment.Exit(0);
    }

    private static float[] VectorOf(int key) => TestVectors.Unit(new Random(key), Dimensions);

    private static void Require(bool condition, string what)
    {
        if (condition)
            return;
        Console.WriteLine(what);
        Console.Out.Flush();
        Environment.Exit(3);
    }
}
