using System.Diagnostics;
using System.Globalization;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>Rows 9 to 12: disks that are full, broken, or read-only, and a second process.</summary>
internal static class DiskFaults
{
    private static readonly string[] OwnMounts = ["unshare", "-Urm"];

    public static void Full(FaultRun run)
    {
        const string Row = "9 disk full";
        if (!CanMount(run, Row))
            return;
        string mount = Directory.CreateDirectory(Path.Combine(run.Folder, "small")).FullName;
        int count = run.Of(200), wrong = 0;
        for (int i = 0; i < count; i++)
        {
            run.Progress(Row, i, count);
            int kibibytes = i switch { 0 => 16, 1 => 80, _ => run.Random.Next(1 << 10, 16 << 10) };
            // Blocks times 512 must be no less than the length: a hole would kill the process later.
            string script = $"mount -t tmpfs -o size={kibibytes}k tmpfs '{mount}' && \"$@\" && if test -e '{mount}/arena'; then stat -c '%b %B %s' '{mount}/arena'; else echo 0 0 0; fi";
            (int exitCode, string output) = FaultRun.RunScript(OwnMounts, script, "fill", Path.Combine(mount, "arena"));
            string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            long[] blocks = exitCode == 0 ? [.. lines[^1].Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture))] : [0, 0, 0];
            bool good = exitCode == 0 && lines is ["survived", ..] && blocks[0] * blocks[1] >= blocks[2];
            wrong += good ? 0 : 1;
            if (!good)
                run.Say(Row, $"{kibibytes} KiB ended with {exitCode}: {output.Trim()}");
        }

        run.Report(Row, count, wrong);
    }

    public static void FlushErrors(FaultRun run)
    {
        int count = run.Of(200), wrong = 0;
        for (int i = 0; i < count; i++)
        {
            run.Progress("10 flush error", i, count);
            File.Delete(run.Path);
            File.Delete(run.Path + ".aside");
            int failAt = run.Random.Next(2, 6), flushes = 0;
            using var index = VectorIndex.Open(run.Path, ArenaTruth.Options with
            {
                FlushInterval = TimeSpan.FromDays(1),
                FlushFault = () =>
                {
                    if (++flushes >= failAt)
                        throw new IOException("No.");
                },
            });
            byte[]? left = null;
            for (int round = 0; round < 10; round++)
            {
                ArenaTruth.Fill(index, 50 + (round * 30), round % 2);
                try
                {
                    index.Flush();
                    wrong += left is null ? 0 : 1;
                }
                catch (IOException)
                {
                    // The file as it was when it failed must be what it is in the end.
                    left ??= File.ReadAllBytes(run.Path + ".aside");
                }
            }

            wrong += left is not null && left.AsSpan().SequenceEqual(File.ReadAllBytes(run.Path + ".aside")) && !File.Exists(run.Path) ? 0 : 1;
            wrong += ArenaTruth.WrongIn(index);
        }

        run.Report("10 flush error", count, wrong);
    }

    public static void ReadOnly(FaultRun run)
    {
        const string Row = "11 read-only directory";
        if (!CanMount(run, Row))
            return;
        string mount = Directory.CreateDirectory(Path.Combine(run.Folder, "small")).FullName;
        (int exitCode, string output) = FaultRun.RunScript(OwnMounts, $"mount -t tmpfs -o ro tmpfs '{mount}' && \"$@\"", "fill", Path.Combine(mount, "arena"));
        run.Report(Row, 1, exitCode == 0 && output.StartsWith("survived", StringComparison.Ordinal) ? 0 : 1);
    }

    public static void TwoProcesses(FaultRun run)
    {
        const string Row = "12 a second process";
        const int AttemptsAChild = 50;
        File.Delete(run.Path);
        using var index = VectorIndex.Open(run.Path, ArenaTruth.Options);
        ArenaTruth.Fill(index, ArenaTruth.KeyCount);
        int children = Math.Max(2, run.Of(1000) / AttemptsAChild), opened = 0;
        for (int i = 0; i < children; i++)
        {
            run.Progress(Row, i, children);
            // Every other child is told by its environment that files are not to be locked.
            using Process child = FaultRun.StartChild("open", run.Path, i % 2 == 0 ? null : ("DOTNET_SYSTEM_IO_DISABLEFILELOCKING", "1"));
            opened += int.TryParse(child.StandardOutput.ReadLine(), CultureInfo.InvariantCulture, out int times) ? times : 1;
            child.WaitForExit();
        }

        run.Report(Row, children * AttemptsAChild, opened + ArenaTruth.WrongIn(index), ("opened twice", opened));
    }

    private static bool CanMount(FaultRun run, string row)
    {
        if (OperatingSystem.IsLinux() && FaultRun.RunScript(OwnMounts, "true").ExitCode == 0)
            return true;
        run.Skip(row, "user namespaces with mounts of their own are not permitted here");
        return false;
    }
}
