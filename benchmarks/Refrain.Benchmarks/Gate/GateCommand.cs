using System.Diagnostics;
using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary><c>-- gate</c>: fails when a figure leaves its baseline, a baseline has no gauge, or a gauge no baseline.</summary>
internal static class GateCommand
{
    private const string TieringSwitch = "DOTNET_TieredCompilation";

    /// <summary>Runs the gate, the canaries that it must reject, or the update of the baselines.</summary>
    /// <returns>0 if all is well, else 1.</returns>
    public static int Run(string[] arguments)
    {
        if (arguments is not ([] or ["--canary"] or ["--update"]))
            throw new UsageException($"gate takes --canary or --update, not '{string.Join(' ', arguments)}'.");

        // What a method allocates can depend on whether it was optimised yet, and that on the clock. Without tiers it is optimised from its first call.
        if (Environment.GetEnvironmentVariable(TieringSwitch) != "0")
            return RunWithoutTiers(arguments);
        return arguments switch
        {
            ["--canary"] => GateCanaries.Run(),
            ["--update"] => Update(),
            _ => Compare(),
        };
    }

    /// <summary>The line that ends every run, for whoever adds runs up.</summary>
    public static string Count(int passed, int failed) => string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed, 0 skipped");

    private static int Compare()
    {
        IReadOnlyList<Verdict> verdicts = BaselineGate.Compare(Gauges.All, BaselineFile.Load(BaselineFile.DefaultPath));
        foreach (Verdict verdict in verdicts)
            Console.WriteLine($"{(verdict.Complaint is null ? "passed" : "FAILED")}  {verdict.Gauge}  {verdict.Metric} {(verdict.Value is { } value ? value.ToString("R", CultureInfo.InvariantCulture) : "")}  {verdict.Complaint}".TrimEnd());
        int failed = verdicts.Count(verdict => verdict.Complaint is not null);
        Console.WriteLine(Count(verdicts.Count - failed, failed));
        return failed == 0 ? 0 : 1;
    }

    private static int Update()
    {
        BaselineFile baselines = BaselineFile.Load(BaselineFile.DefaultPath);
        foreach (IGauge gauge in Gauges.All)
        {
            IReadOnlyList<Reading> readings = gauge.Read();
            baselines.Set(gauge.Name, readings);
            Console.WriteLine($"{gauge.Name}  {string.Join(", ", readings.Select(reading => string.Create(CultureInfo.InvariantCulture, $"{reading.Metric} {reading.Value:R}")))}");
        }

        HashSet<string> known = [.. Gauges.All.Select(gauge => gauge.Name)];
        foreach (string gone in baselines.Names.Where(name => !known.Contains(name)).ToList())
            baselines.Remove(gone);
        baselines.Save(BaselineFile.DefaultPath);
        return 0;
    }

    private static int RunWithoutTiers(string[] arguments)
    {
        ProcessStartInfo again = new(Environment.ProcessPath!) { Environment = { [TieringSwitch] = "0" } };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            again.ArgumentList.Add(typeof(GateCommand).Assembly.Location);
        again.ArgumentList.Add("gate");
        foreach (string argument in arguments)
            again.ArgumentList.Add(argument);
        using Process process = Process.Start(again)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
