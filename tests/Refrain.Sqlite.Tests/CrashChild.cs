using System.Runtime.CompilerServices;

namespace Refrain.Sqlite.Tests;

internal static class CrashChild
{
    // Before the test runner reads its command line: the child has none.
    [ModuleInitializer]
    internal static void Run() => CrashTests.RunAsChildIfAsked();
}
