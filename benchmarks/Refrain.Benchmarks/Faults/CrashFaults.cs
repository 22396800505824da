using System.Diagnostics;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>Rows 1 to 3: processes killed at any moment, and disks that lose power.</summary>
internal static class CrashFaults
{
    private const int SectorSize = 512;

    public static void Kills(FaultRun run)
    {
        int count = run.Of(1000), wrong = 0, notOpened = 0;
        long found = 0;
        for (int kill = 0; kill < count; kill++)
        {
            run.Progress("1 kill -9", kill, count);
            using (Process child = FaultRun.StartChild("write", run.Path))
            {
                for (int line = 0; line < kill % 3; line++)
                    child.StandardOutput.ReadLine();
                run.Wait(run.Random.Next(100));
                child.Kill();
                child.WaitForExit();
            }

            // Now and then the next child opens what the last one left, with nobody in between who closes it in order.
            if (kill % 4 == 3)
                continue;
            using var index = VectorIndex.Open(run.Path, ArenaTruth.Options);
            wrong += ArenaTruth.WrongIn(index);
            notOpened += index.Recovery.Kind is RecoveryKind.SetAside or RecoveryKind.MemoryOnly ? 1 : 0;
            found += index.Count;
        }

        File.Delete(run.Path);
        run.Report("1 kill -9", count, wrong + notOpened, ("not opened", notOpened), ("vectors left, on average", (double)found / count));
    }

    public static void Cuts(FaultRun run)
    {
        int count = run.Of(500), wrong = 0, cameBack = 0, removed = 0;
        for (int cut = 0; cut < count; cut++)
        {
            run.Progress("2-3 power cuts in process", cut, count);
            File.Delete(run.Path);
            byte[] old, young;
            using (var index = VectorIndex.Open(run.Path, ArenaTruth.Options with { FlushInterval = TimeSpan.FromDays(1) }))
            {
                ArenaTruth.Fill(index, ArenaTruth.KeyCount);
                for (int key = 0; key < ArenaTruth.KeyCount; key += 5)
                    index.Remove(1, (UInt128)(uint)key);
                index.Flush();
                old = ArenaTruth.Snapshot(run.Path);
                for (int key = 0; key < ArenaTruth.KeyCount * 2; key++)
                    if (key % 5 != 0 && run.Random.Next(2) == 0)
                        index.Add(1, (UInt128)(uint)key, ArenaTruth.VectorOf(key, 1));
                young = ArenaTruth.Snapshot(run.Path);
            }

            Array.Resize(ref old, young.Length);
            for (int sector = 0; sector < young.Length; sector += SectorSize)
                if (run.Random.Next(2) == 0)
                    Array.Copy(old, sector, young, sector, SectorSize);
            File.WriteAllBytes(run.Path, young);
            using var after = VectorIndex.Open(run.Path, ArenaTruth.Options);
            wrong += ArenaTruth.WrongIn(after);
            cameBack += CameBack(after);
            removed += ArenaTruth.KeyCount / 5;
        }

        run.Report("2-3 power cuts in process", count, wrong + cameBack, ("removals that were flushed", removed), ("of them came back", cameBack));
    }

    /// <summary>A real file system in a file: its image is copied while the writer is stopped, and mounted again as if the power had gone then.</summary>
    public static void ImageCuts(FaultRun run)
    {
        const string Row = "2-3 power cuts of an ext4 image";
        string image = Path.Combine(run.Folder, "disk"), copy = Path.Combine(run.Folder, "copy"), mount = Path.Combine(run.Folder, "mounted");
        Directory.CreateDirectory(mount);
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            run.Skip(Row, "only root can mount an image");
            return;
        }

        (int made, string output) = FaultRun.RunScript([], $"truncate -s 24M '{image}' && mkfs.ext4 -q -F '{image}' && mount -o loop '{image}' '{mount}' && umount '{mount}'");
        if (made != 0)
        {
            run.Skip(Row, $"an image cannot be mounted here: {output.Trim()}");
            return;
        }

        int count = run.Of(500), wrong = 0, cameBack = 0, unmounted = 0;
        for (int cut = 0; cut < count; cut++)
        {
            run.Progress(Row, cut, count);
            // A file of its own each time: the last one's loop device may not be free yet.
            image = Path.Combine(run.Folder, $"disk{cut}");
            Sh($"truncate -s 24M '{image}' && mkfs.ext4 -q -F '{image}' && {Mounted(image)}");
            using (Process child = FaultRun.StartChild("removed", Path.Combine(mount, "arena")))
            {
                child.StandardOutput.ReadLine();
                run.Wait(run.Random.Next(200));
                // The image holds what has reached the disk: what is only in the page cache of the mounted file system is lost.
                Sh($"kill -STOP {child.Id} && cp --sparse=always '{image}' '{copy}'");
                child.Kill();
                child.WaitForExit();
            }

            Sh($"umount '{mount}' || umount -l '{mount}'");
            if (FaultRun.RunScript([], Mounted(copy)).ExitCode != 0)
            {
                unmounted++;
                continue;
            }

            using (var after = VectorIndex.Open(Path.Combine(mount, "arena"), ArenaTruth.Options))
            {
                wrong += ArenaTruth.WrongIn(after);
                cameBack += CameBack(after);
            }
            Sh($"umount '{mount}' && rm '{image}' '{copy}'");
        }

        run.Report(Row, count, wrong + cameBack, ("came back", cameBack), ("images that ext4 itself refused", unmounted));

        // Loop devices are few, and freed behind: where none is to be had, it waits for one.
        string Mounted(string file) => $"for i in 1 2 3 4 5; do mount -o loop '{file}' '{mount}' && exit 0; sleep 1; done; exit 1";

        static void Sh(string script)
        {
            (int exitCode, string output) = FaultRun.RunScript([], script);
            if (exitCode != 0)
                throw new InvalidOperationException($"'{script}' ended with {exitCode}: {output}");
        }
    }

    private static int CameBack(VectorIndex index) => Enumerable.Range(0, ArenaTruth.KeyCount / 5).Count(i => index.Contains(1, (UInt128)(uint)(i * 5)));
}
