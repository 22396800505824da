using Refrain.Fuzz;

const int Effort = 1;
const int Seed = 1;

Coverage.Install();
try
{
    return args switch
    {
        ["smoke" or "canary", ..] when !Instrumented.IsThis => Instrumented.RunThere(args),
        ["smoke", .. var rest] => FuzzCommands.Smoke(FuzzCommands.Number(rest, "--effort", Effort), FuzzCommands.Number(rest, "--seed", Seed)),
        ["canary", .. var rest] => FuzzCommands.Canary(FuzzCommands.Number(rest, "--seed", Seed)),
        ["instrument", var folder] => Prepare(folder),
        ["run", var target] => FuzzCommands.Run(FuzzTargets.Find(target)),
        ["replay", var target, var path] => FuzzCommands.Replay(FuzzTargets.Find(target), path),
        ["corpus", var target, var folder] => FuzzCommands.WriteCorpus(FuzzTargets.Find(target), folder),
        _ => Usage(),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

static int Prepare(string folder)
{
    Console.WriteLine(Instrumented.Prepare(folder));
    return 0;
}

static int Usage()
{
    Console.WriteLine("""
        dotnet run -c Release --project fuzz/Refrain.Fuzz -- COMMAND

          smoke [--effort 1] [--seed 1]    each target: its corpus, then mutations that follow new branches; --effort 10 tries ten times as many
          canary [--seed 1]                the planted faults, which must be found
          replay TARGET FILE               one input
          corpus TARGET FOLDER             the target's corpus as files
          instrument FOLDER                a copy of the program that tells its branches, for afl-fuzz
          run TARGET                       one target under afl-fuzz:
                                             afl-fuzz -i CORPUS -o FINDINGS -t 5000 -m none -- dotnet FOLDER/Refrain.Fuzz.dll run TARGET

        """);
    Console.WriteLine($"Targets: {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}");
    return 0;
}
