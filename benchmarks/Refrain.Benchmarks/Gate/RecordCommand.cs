using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Refrain.Benchmarks;

/// <summary><c>-- record</c>: takes the times of the BenchmarkDotNet classes and keeps them, with the machine's name, beside the baselines. Nothing compares them.</summary>
internal static class RecordCommand
{
    /// <summary>Runs all classes, and writes the file.</summary>
    public static int Run()
    {
        Summary[] summaries = [.. Gauges.BenchmarkClasses().Select(type => BenchmarkRunner.Run(type, new BenchmarkConfig()))];
        BaselineFile baselines = BaselineFile.Load(BaselineFile.DefaultPath);
        List<(string Name, double Mean, double P50, double P95)> times = [];
        foreach (BenchmarkReport report in summaries.SelectMany(summary => summary.Reports))
        {
            if (report.ResultStatistics is not { } statistics)
                throw new UsageException($"{report.BenchmarkCase.DisplayInfo} has no result.");
            string parameters = string.Join(", ", report.BenchmarkCase.Parameters.Items.Select(item => $"{item.Name}: {item.Value}"));
            string name = $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}{(parameters.Length == 0 ? "" : $"({parameters})")}";
            times.Add((name, statistics.Mean, statistics.Percentiles.P50, statistics.Percentiles.P95));
        }

        baselines.SetTimes($"{summaries[0].HostEnvironmentInfo.Cpu.Value?.ProcessorName}, {Environment.ProcessorCount} logical processors, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}", times);
        baselines.Save(BaselineFile.DefaultPath);
        return 0;
    }
}
