using System.Diagnostics;
using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>One run of the fault rows: chance, a folder, how much of each figure is wanted, and what was wrong so far.</summary>
internal sealed class FaultRun(SuiteRun run, int seed, int share, string folder, CancellationToken cancellation)
{
    public Random Random { get; } = new(seed);

    public string Folder => folder;

    public string Path => System.IO.Path.Combine(folder, "arena");

    public bool Full => share == 1;

    /// <summary>Things that must not be, over all rows.</summary>
    public int Wrong { get; private set; }

    /// <summary>How much of a full figure this run does.</summary>
    public int Of(int full) => Math.Max(1, full / share);

    public void ThrowIfStopped() => cancellation.ThrowIfCancellationRequested();

    public void Wait(int milliseconds) => cancellation.WaitHandle.WaitOne(milliseconds);

    public void Progress(string row, int done, int count)
    {
        ThrowIfStopped();
        if (done > 0 && done % Math.Max(1, count / 10) == 0)
            run.Say(string.Create(CultureInfo.InvariantCulture, $"{row}: {done} of {count}, {Wrong} wrong so far"));
    }

    /// <summary>Adds the row's figures, and counts what was wrong.</summary>
    public void Report(string row, int count, int wrong, params (string What, double Value)[] more)
    {
        Wrong += wrong;
        run.Add(row, "times", count, "");
        run.Add(row, "wrong", wrong, "");
        foreach ((string what, double value) in more)
            run.Add(row, what, value, "");
        run.Say(string.Create(CultureInfo.InvariantCulture, $"{row}: {count} times, {wrong} wrong"));
    }

    public void Say(string row, string what) => run.Say($"{row}: {what}");

    /// <summary>Says why a row cannot be done here. It counts as nothing, neither right nor wrong.</summary>
    public void Skip(string row, string why)
    {
        run.Add(row, "skipped", 1, "");
        run.Say($"{row}: skipped, {why}");
    }

    /// <summary>Starts this program as a child of a kind, which works on an arena.</summary>
    /// <param name="kind">See <see cref="FaultChild"/>.</param>
    /// <param name="path">The arena.</param>
    /// <param name="environment">One more variable; null for none.</param>
    public static Process StartChild(string kind, string path, (string Name, string Value)? environment = null)
    {
        var start = new ProcessStartInfo(Program[0]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in Program.Skip(1).Concat(["faults", "--child", kind, "--path", path]))
            start.ArgumentList.Add(argument);
        if (environment is { } variable)
            start.Environment[variable.Name] = variable.Value;
        return Process.Start(start)!;
    }

    /// <summary>Runs a script of the shell, with this program and its arguments for "$@".</summary>
    /// <returns>The exit code, and all that was printed; -1 if the program before the script is not there.</returns>
    public static (int ExitCode, string Output) RunScript(IEnumerable<string> before, string script, string kind = "none", string path = "none")
    {
        string[] command = [.. before, "sh", "-c", script, "sh", .. Program, "faults", "--child", kind, "--path", path];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (-1, exception.Message);
        }
    }

    private static string[] Program => System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, typeof(FaultRun).Assembly.Location]
        : [Environment.ProcessPath!];
}
