using System.CommandLine;
using System.Text.Json;
using Refrain.Chat;
using Refrain.Sqlite;
using Spectre.Console;

namespace Refrain.Gateway;

/// <summary><c>refrain replay FILE</c>.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "Questions: .txt, .tsv or .jsonl, gzipped or not." };
    private static readonly Option<string?> Text = new("--text") { Description = "Column or property that holds the question. Default: text, prompt, question or query." };
    private static readonly Option<string?> Group = new("--group") { Description = "Column or property that holds the group of questions that share an answer. Default: group, intent, label or category, if there." };
    private static readonly Option<string> Model = new("--model") { Description = "Demo model that answers what the cache cannot.", DefaultValueFactory = _ => DemoModel.ModelNames[0] };
    private static readonly Option<float?> Threshold = new("--threshold") { Description = "Smallest cosine similarity of a semantic hit. Default: the embedder's own." };
    private static readonly Option<bool> ExactOnly = new("--exact-only") { Description = "Only the very same text hits; nothing is embedded." };
    private static readonly Option<long?> Limit = new("--limit") { Description = "Replay so many questions at most." };
    private static readonly Option<bool> Json = new("--json") { Description = "Write the report as JSON." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("replay", "Send the questions of a file through the cache and the demo model, in virtual time, and tell what it would save.")
        {
            File, Text, Group, Model, Threshold, ExactOnly, Limit, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(File);
        PromptFile file = PromptFile.Open(path, parsed.GetValue(Text), parsed.GetValue(Group));
        GatewaySettings settings = GatewaySettings.Read(GatewayConfiguration.Build());
        var options = new ReplayOptions
        {
            Model = parsed.GetValue(Model)!,
            SimilarityThreshold = parsed.GetValue(Threshold),
            ExactOnly = parsed.GetValue(ExactOnly),
            Limit = parsed.GetValue(Limit),
        };
        ReplayReport report = await RunAsync(file, path, options, settings, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(Json))
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, ReplayJson.Default.ReplayReport)).ConfigureAwait(false);
        else
            ReplayTables.Write(AnsiConsole.Console, report);
        return 0;
    }

    /// <summary>Replays in a directory of its own, which is gone afterwards: what was learned before would make the figures better than they are.</summary>
    private static async Task<ReplayReport> RunAsync(PromptFile file, string path, ReplayOptions options, GatewaySettings settings, CancellationToken cancellation)
    {
        string directory = Directory.CreateTempSubdirectory("refrain-replay-").FullName;
        try
        {
            using EmbedderChoice embedder = EmbedderChoice.Open(settings.Configuration, loggers: null, TimeProvider.System);
            SemanticCacheOptions cacheOptions = CacheOptions.Read(settings.Configuration);
            cacheOptions.DataDirectory = directory;
            await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(directory, StoreChoice.FileName), cancellationToken: cancellation).ConfigureAwait(false);
            ModelPrices prices = settings.PricesPath is null ? ModelPrices.Parse(DemoPrices.Json) : PriceList.Open(settings)!;
            var parts = new ReplayParts(store, embedder.Generator, embedder.Name, prices, TimeProvider.System);
            await using ReplayRun run = await ReplayRun.OpenAsync(options, cacheOptions, parts, cancellation).ConfigureAwait(false);
            return await WithProgressAsync(progress => run.RunAsync(file, path, progress, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The bar goes where errors go, so that a report can be piped.</summary>
    private static Task<ReplayReport> WithProgressAsync(Func<Action<double>, Task<ReplayReport>> run)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected)
            return run(static _ => { });
        return console.Progress().AutoClear(true).HideCompleted(true).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("replaying", maxValue: 1);
            return await run(share => bar.Value = share).ConfigureAwait(false);
        });
    }
}
