using System.Globalization;
using System.Security.Cryptography;
using SharpFuzz;

namespace Refrain.Fuzz;

/// <summary>The commands of the program.</summary>
internal static class FuzzCommands
{
    private const int CanaryCalls = 2_000_000;

    /// <summary>Every target's corpus, and its share of mutations.</summary>
    public static int Smoke(int effort, int seed)
    {
        int failed = 0;
        foreach (FuzzTarget target in FuzzTargets.All)
        {
            FuzzRun run = new(target, seed);
            Finding? finding = run.Run((long)target.SmokeCalls * effort);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(finding is null ? "passed" : "FAILED")}  {target.Name}: {run.CallCount:N0} calls, {run.InputCount} inputs kept, {run.BranchCount:N0} branches, seed {seed}"));
            if (finding is not null)
            {
                failed++;
                Report(target, finding);
            }
            else if (run.BranchCount == 0)
            {
                failed++;
                Console.WriteLine($"FAILED  {target.Name}: no branch was seen, so its assembly is not instrumented");
            }
        }

        PrintCount(FuzzTargets.All.Count - failed, failed);
        return failed == 0 && FuzzTargets.All.Count > 0 ? 0 : 1;
    }

    /// <summary>The planted faults, each of which has to be found.</summary>
    public static int Canary(int seed)
    {
        int missed = 0;
        foreach (FuzzTarget target in CanaryTargets.All)
        {
            FuzzRun run = new(target, seed);
            Finding? finding = run.Run(CanaryCalls);
            missed += finding is null ? 1 : 0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(finding is null ? "MISSED" : "found")}  {target.Name} after {run.CallCount:N0} calls, seed {seed}"));
        }

        PrintCount(CanaryTargets.All.Count - missed, missed);
        return missed == 0 ? 0 : 1;
    }

    /// <summary>One target under afl-fuzz; without it, one input from standard input.</summary>
    public static int Run(FuzzTarget target)
    {
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            target.Body(bytes.ToArray());
        });
        return 0;
    }

    /// <summary>One input from a file, so that a finding can be looked at under a debugger.</summary>
    public static int Replay(FuzzTarget target, string path)
    {
        target.Body(File.ReadAllBytes(path));
        Console.WriteLine($"{target.Name} survives {path}.");
        return 0;
    }

    /// <summary>Writes the target's corpus as files, which is where afl-fuzz starts from.</summary>
    public static int WriteCorpus(FuzzTarget target, string folder)
    {
        Directory.CreateDirectory(folder);
        int count = 0;
        foreach (byte[] input in target.Corpus())
            File.WriteAllBytes(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{count++:000}.bin")), input);
        Console.WriteLine($"{count} inputs in {folder}.");
        return 0;
    }

    /// <summary>Prints a finding, and keeps its input as a file.</summary>
    public static void Report(FuzzTarget target, Finding finding)
    {
        string folder = Path.Combine("artifacts", "fuzz");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{target.Name}-{Convert.ToHexStringLower(SHA256.HashData(finding.Input))[..12]}.bin");
        File.WriteAllBytes(path, finding.Input);
        Console.WriteLine($"FAILED  {target.Name}: {finding.What}");
        Console.WriteLine($"  input, {finding.Input.Length} bytes: {Convert.ToBase64String(finding.Input)}");
        Console.WriteLine($"  again: dotnet run -c Release --project fuzz/Refrain.Fuzz -- replay {target.Name} {Path.GetFullPath(path)}");
    }

    /// <summary>The line that ends every run, for whoever adds runs up.</summary>
    public static void PrintCount(int passed, int failed) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed, 0 skipped"));

    /// <summary>The number after an option, or its default.</summary>
    public static int Number(ReadOnlySpan<string> arguments, string option, int otherwise)
    {
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--effort" or "--seed") || i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out int number) || number < 1)
                throw new UsageException($"'{arguments[i]}' is not --effort NUMBER or --seed NUMBER.");
            if (arguments[i] == option)
                return number;
        }

        return otherwise;
    }
}
