using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Refrain.Redis.Tests;

/// <summary>
/// A process of the test's own, to be killed: this very program, which a module initialiser turns into a child when an environment variable says so. A child does all its
/// work on one thread: while a module is being initialised no other may enter it.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const string Variable = "REFRAIN_REDIS_CHILD";
    private const char Separator = '\n';

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>What it prints.</summary>
    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts a child.</summary>
    /// <param name="role">What it is to do.</param>
    /// <param name="arguments">What it needs to know.</param>
    public static ChildProcess Start(string role, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        start.Environment[Variable] = string.Join(Separator, [role, .. arguments]);
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Says a line to it.</summary>
    public async Task TellAsync(string line)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended: what it printed tells how.
        }
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // Before the test runner reads its command line: a child has none.
    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(Separator) is not [var role, .. var arguments]) return;
        switch (role)
        {
            case SoakChild.Role:
                SoakChild.Run(arguments);
                break;
            case BlockedPoolChild.Role:
                BlockedPoolChild.Run(arguments);
                break;
            case RedisBudgetTests.ChildRole:
                RedisBudgetTests.RunAsChild(arguments);
                break;
            default:
                SharedFlightTests.RunAsChild(arguments);
                break;
        }

        Environment.Exit(0);
    }
}
