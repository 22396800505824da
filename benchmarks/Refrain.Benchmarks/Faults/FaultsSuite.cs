using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>What the arena must survive, row by row: none may lie, none may die.</summary>
internal sealed class FaultsSuite : ISuite
{
    public string Name => "faults";

    public string Summary => "Kills, power cuts, damage, full and slow disks, a second process, growth under readers: counts what is wrong, which must be nothing.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--full", null, "The whole figures: 1,000 kills, 500 cuts, every bit, ten minutes of growth. A fiftieth otherwise."),
        new("--rows", "LIST", "Only these rows, such as 1,9,16."),
        new("--seed", "NUMBER", "What chance is drawn from. Default: the clock; it is printed."),
        new("--child", "KIND", "Used by the suite itself."),
        new("--path", "FILE", "Used by the suite itself."),
    ];

    public Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        if (run.Text("--child") is { } kind)
            return Task.FromResult(FaultChild.Run(kind, run.Text("--path") ?? throw new UsageException("A child wants --path.")));
        int seed = run.Number("--seed", Environment.TickCount & int.MaxValue);
        run.Say($"seed {seed.ToString(CultureInfo.InvariantCulture)}");
        bool full = run.Has("--full");
        string folder = Directory.CreateTempSubdirectory("refrain-faults-").FullName;
        try
        {
            var faults = new FaultRun(run, seed, full ? 1 : 50, folder, cancellation);
            (int Row, Action<FaultRun> Run)[] rows =
            [
                (1, CrashFaults.Kills), (2, CrashFaults.Cuts), (3, CrashFaults.ImageCuts),
                (4, DamageFaults.Flips), (5, DamageFaults.Misplaced), (7, DamageFaults.Lengths), (8, DamageFaults.CutOffWhileMapped),
                (9, DiskFaults.Full), (10, DiskFaults.FlushErrors), (11, DiskFaults.ReadOnly), (12, DiskFaults.TwoProcesses),
                (13, DamageFaults.ForeignFields), (14, faulty => LoadFaults.Growth(faulty, TimeSpan.FromSeconds(full ? 600 : 5))), (15, LoadFaults.Links), (16, LoadFaults.SlowFlush),
            ];
            string[]? wanted = run.Text("--rows")?.Split(',');
            foreach ((int row, Action<FaultRun> action) in rows)
                if (wanted is null || wanted.Contains(row.ToString(CultureInfo.InvariantCulture)))
                    action(faults);
            return Task.FromResult(faults.Wrong == 0 ? 0 : 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
