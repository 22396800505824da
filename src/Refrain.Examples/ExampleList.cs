namespace Refrain.Examples;

/// <summary>The examples by name.</summary>
internal static class ExampleList
{
    /// <summary>Each writes what it does.</summary>
    public static IReadOnlyDictionary<string, Func<TextWriter, CancellationToken, Task>> All { get; } =
        new Dictionary<string, Func<TextWriter, CancellationToken, Task>>(StringComparer.Ordinal)
        {
            ["quick-start"] = QuickStart.RunAsync,
            ["semantic-hits"] = SemanticHits.RunAsync,
            ["budget-and-fallback"] = BudgetAndFallback.RunAsync,
            ["streaming"] = Streaming.RunAsync,
            ["agent"] = AgentWithMemory.RunAsync,
        };

    /// <summary>Runs the named examples, or all of them.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] names, TextWriter output, CancellationToken cancellation)
    {
        if (Array.Find(names, name => !All.ContainsKey(name)) is { } unknown)
        {
            await output.WriteLineAsync($"There is no example \"{unknown}\". There are: {string.Join(", ", All.Keys)}.");
            return 1;
        }

        foreach (string name in names.Length == 0 ? All.Keys : names)
        {
            await output.WriteLineAsync($"--- {name}");
            await All[name](output, cancellation);
        }

        return 0;
    }
}
