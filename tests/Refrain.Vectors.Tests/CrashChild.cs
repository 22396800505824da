using System.Runtime.CompilerServices;

namespace Refrain.Vectors.Tests;

internal static class CrashChild
{
    // Before the test runner reads its command line: the child has none.
    [ModuleInitializer]
    internal static void Run()
    {
        CrashTests.RunAsChildIfAsked();
        DiskFullTests.RunAsChildIfAsked();
        ProcessTests.RunAsChildIfAsked();
    }
}
