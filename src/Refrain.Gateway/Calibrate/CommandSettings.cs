using System.CommandLine;
using Microsoft.Extensions.AI;
using Refrain.Embeddings;
using Spectre.Console;

namespace Refrain.Gateway;

/// <summary>What the commands of calibration have in common: the embedder by name, progress on standard error, failures in one line.</summary>
internal static class CommandSettings
{
    internal static Option<string?> Embedder() => new("--embedder") { Description = $"The embedder: {string.Join(", ", EmbedderFactory.Names)}. Without it, REFRAIN_EMBEDDER; its settings come from the environment." };

    internal static Option<double> Target() => new("--target") { Description = "The share of hits that may be wrong, from 0 to 1.", DefaultValueFactory = _ => 0.01 };

    internal static Option<string?> Plot() => new("--plot") { Description = "Path without extension for the curves, as .png and .svg." };

    internal static Option<string?> Json() => new("--json") { Description = "File for the figures as JSON." };

    /// <summary>Makes the embedder that the option, or else the environment, names.</summary>
    internal static IEmbeddingGenerator<string, Embedding<float>> Open(string? embedder)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables();
        if (embedder is not null) configuration.AddInMemoryCollection([KeyValuePair.Create("REFRAIN_EMBEDDER", (string?)embedder)]);
        return EmbedderFactory.Create(configuration.Build());
    }

    internal static EmbeddingSpace SpaceOf(IEmbeddingGenerator<string, Embedding<float>> embedder) =>
        embedder.GetService(typeof(EmbeddingSpace)) as EmbeddingSpace ?? throw new ArgumentException("The embedder does not tell its space.");

    /// <summary>Runs a command; what can go wrong outside is said in one line and makes the exit code 1.</summary>
    internal static async Task<int> GuardAsync(Func<IAnsiConsole, Task<int>> run)
    {
        IAnsiConsole errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        try
        {
            return await run(errors);
        }
        catch (Exception error) when (error is PromptFileException or ArgumentException or IOException or InvalidDataException or HttpRequestException or TimeoutException or UnauthorizedAccessException)
        {
            errors.WriteLine(error.Message);
            return 1;
        }
    }

    /// <summary>Shows a bar on standard error while something runs.</summary>
    internal static Task<T> WithProgressAsync<T>(IAnsiConsole console, string title, Func<Action<double>, Task<T>> run) =>
        console.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(title);
            return await run(share => task.Value = 100 * share);
        });
}
