using System.Diagnostics;
using SharpFuzz;

namespace Refrain.Fuzz;

/// <summary>A copy of this program in which the product's assemblies tell their branches.</summary>
internal static class Instrumented
{
    private const string Mark = "REFRAIN_FUZZ_INSTRUMENTED";

    /// <summary>Whether this process is that copy.</summary>
    public static bool IsThis => Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Makes the copy.</summary>
    /// <returns>The path of its program assembly.</returns>
    public static string Prepare(string folder)
    {
        string here = AppContext.BaseDirectory;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(here, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(here, file);
            if (relative.EndsWith(".pdb", StringComparison.Ordinal) || relative.EndsWith(".xml", StringComparison.Ordinal))
                continue;
            string copy = Path.Combine(folder, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string program = Path.Combine(folder, Path.GetFileName(typeof(Instrumented).Assembly.Location));
        foreach (string assembly in Directory.EnumerateFiles(folder, "Refrain*.dll"))
        {
            // Of this program only the planted faults, or the fuzzer would chase its own branches.
            bool isThis = assembly == program;
            Fuzzer.Instrument(assembly, type => !isThis || type.Contains(nameof(CanaryTargets), StringComparison.Ordinal), Options.Value);
        }

        return program;
    }

    /// <summary>Runs the same command in a fresh copy, and waits for it.</summary>
    public static int RunThere(string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("refrain-fuzz-").FullName;
        try
        {
            ProcessStartInfo start = new("dotnet") { Environment = { [Mark] = "1" } };
            start.ArgumentList.Add(Prepare(folder));
            foreach (string argument in arguments)
                start.ArgumentList.Add(argument);
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
