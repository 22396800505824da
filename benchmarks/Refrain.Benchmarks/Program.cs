using BenchmarkDotNet.Running;
using Refrain.Benchmarks;

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    return args switch
    {
        [] or ["--help" or "-h"] => Usage(),
        ["bdn", .. var rest] => BenchmarkSwitcher.FromAssembly(typeof(Suites).Assembly).Run(rest, new BenchmarkConfig()).All(summary => !summary.HasCriticalValidationErrors) ? 0 : 1,
        ["record"] => RecordCommand.Run(),
        ["gate", .. var rest] => GateCommand.Run(rest),
        _ => await Suites.RunAsync(args, stop.Token),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}

static int Usage()
{
    Console.WriteLine("""
        dotnet run -c Release --project benchmarks/Refrain.Benchmarks -- COMMAND

          bdn [ARGUMENTS]                    the BenchmarkDotNet classes; arguments as BenchmarkDotNet takes them, such as --filter '*ExactHit*'
          gate [--canary] [--update]         measures what must not drift, and compares it with perf-baselines.json
          record                             takes the times of the BenchmarkDotNet classes into perf-baselines.json, with the machine's name
        """);
    foreach (ISuite suite in Suites.All)
    {
        Console.WriteLine($"  {$"{suite.Name} {SuiteRun.Describe(suite)}",-34} {suite.Summary}");
        foreach (SuiteOption option in suite.Options)
            Console.WriteLine($"      {$"{option.Name} {option.Value}",-30} {option.Summary}");
    }

    return 0;
}
